//! Reading the parts of a state, and states of plain values.

use super::State;

impl State {
    /// Returns `true` if this is [`Null`](Self::Null).
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the truth value, or `None` if this is another value.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, or `None` if this is another value or an integer above [`i128::MAX`].
    pub const fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, or `None` if this is another value or a negative integer.
    pub fn as_unsigned(&self) -> Option<u128> {
        match self {
            Self::Integer(value) => u128::try_from(*value).ok(),
            Self::Unsigned(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the bytes, or `None` if this is another value, such as a list of numbers.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the float, or `None` if this is another value, such as an integer.
    pub const fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the text, or `None` if this is another value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the elements of the list, or `None` if this is another value.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// Returns the entries of the map, or `None` if this is another value.
    pub fn as_map(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Map(fields) => Some(fields),
            _ => None,
        }
    }
}

macro_rules! from_integer {
    ($($ty:ty)*) => {$(
        impl From<$ty> for State {
            fn from(value: $ty) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

from_integer!(i8 i16 i32 i64 i128 u8 u16 u32 u64);

impl From<bool> for State {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for State {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for State {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for State {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for State {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for State {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
