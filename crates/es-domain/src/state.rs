//! States without a type, which upcasters turn into states of a newer version.

mod de;
mod key;
mod read;
mod ser;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

pub use self::de::StateDeserializer;

/// The state of an event or of an aggregate as it was stored, whatever its type was then.
///
/// Upcasters take one and return the one of the next version. It holds what self-describing formats can express; the
/// fields of a map keep their order. (The idea is that of `upcast_v1_v2(state)` in Python's `eventsourcing`, where a
/// state is a `dict`.)
///
/// ```
/// use es_domain::State;
///
/// fn registered_v1_to_v2(state: State) -> State {
///     state.renamed("called", "name").with("age", 0)
/// }
///
/// let old = State::map([("called", "Rex".into())]);
/// assert_eq!(registered_v1_to_v2(old), State::map([("name", "Rex".into()), ("age", 0.into())]));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// Nothing, such as `None` and `()`.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes. JSON has none: there they are a list of numbers.
    Bytes(Vec<u8>),
    /// Values one after the other.
    List(Vec<Self>),
    /// Values with names, in order.
    Map(Vec<(String, Self)>),
}

/// A value cannot become a [`State`], or a state no value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError(String);

impl State {
    /// The state of a value, as JSON would have it.
    ///
    /// # Errors
    ///
    /// [`StateError`] when the value's own code refuses, or it has a map whose keys are neither texts nor numbers.
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Self, StateError> {
        value.serialize(ser::StateSerializer)
    }

    /// The value that has this state, read as from JSON.
    ///
    /// # Errors
    ///
    /// [`StateError`] when no value of this type has it.
    pub fn into_value<T: DeserializeOwned>(self) -> Result<T, StateError> {
        T::deserialize(self.into_deserializer(true))
    }

    /// Reads from this state. `is_human_readable` is what the format says from which the state came: dates and the
    /// like are texts there, or not.
    pub const fn into_deserializer(self, is_human_readable: bool) -> StateDeserializer {
        StateDeserializer::new(self, is_human_readable)
    }

    /// Values with names.
    pub fn map<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The value called `name`, or `None` when there is none or this is no map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let fields = self.as_map()?;
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value called `name`, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Gives the field `name` a value, at the end if it is a new one; returns the one that it had. A state that is no
    /// map stays as it is.
    pub fn insert(&mut self, name: &str, value: impl Into<Self>) -> Option<Self> {
        if let Some(field) = self.get_mut(name) {
            return Some(std::mem::replace(field, value.into()));
        }
        if let Self::Map(fields) = self {
            fields.push((name.to_owned(), value.into()));
        }
        None
    }

    /// Takes the field `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        let Self::Map(fields) = self else { return None };
        let idx = fields.iter().position(|(key, _)| key == name)?;
        Some(fields.remove(idx).1)
    }

    /// Gives the field `name` another name. One that has it already is overwritten.
    pub fn rename(&mut self, name: &str, new_name: &str) {
        if name == new_name || self.get(name).is_none() {
            return;
        }
        self.remove(new_name);
        if let Self::Map(fields) = self
            && let Some((key, _)) = fields.iter_mut().find(|(key, _)| key == name)
        {
            new_name.clone_into(key);
        }
    }

    /// This with a field more; see [`insert`](Self::insert).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Self>) -> Self {
        self.insert(name, value);
        self
    }

    /// This without the field `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.remove(name);
        self
    }

    /// This with another name for the field `name`; see [`rename`](Self::rename).
    #[must_use]
    pub fn renamed(mut self, name: &str, new_name: &str) -> Self {
        self.rename(name, new_name);
        self
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StateError {}

impl serde::ser::Error for StateError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl serde::de::Error for StateError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
