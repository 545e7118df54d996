//! States without a type, which upcasters turn into states of a newer version.

mod de;
mod error;
mod key;
mod number;
mod read;
mod ser;
mod variant;

use serde::{Serialize, de::DeserializeOwned};

pub use self::{de::StateDeserializer, error::StateError};

/// The state of an event or of an aggregate as it was stored, whatever type it was written from.
///
/// An upcaster takes one and returns the state of the next version. A state holds what JSON and MessagePack can express,
/// and holds it exactly: integers of up to 128 bits, floats to the last bit, the keys of maps as values, and the order
/// of fields. UUIDs, IDs, timestamps and IP addresses are texts in both formats. (The idea is that of
/// `upcast_v1_v2(state)` in Python's `eventsourcing`, where a state is a `dict`.)
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
    /// `true` or `false`.
    Bool(bool),
    /// An integer of up to 128 bits with a sign.
    Integer(i128),
    /// An integer above [`i128::MAX`]. Smaller ones are an [`Integer`](Self::Integer).
    Unsigned(u128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes. JSON has none: there they are a list of numbers.
    Bytes(Vec<u8>),
    /// Values one after the other.
    List(Vec<Self>),
    /// Keys and values in order. The names of fields are texts, and so is every key that was read from JSON.
    Map(Vec<(Self, Self)>),
}

impl State {
    /// Returns the state of `value`: what [`into_value`](Self::into_value) reads back as the same value, and what an
    /// upcaster may return for events in any format.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the value's own `Serialize` refuses.
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Self, StateError> {
        value.serialize(ser::StateSerializer)
    }

    /// Reads the value that has this state.
    ///
    /// # Errors
    ///
    /// [`StateError`] if no value of type `T` has this state.
    pub fn into_value<T: DeserializeOwned>(self) -> Result<T, StateError> {
        T::deserialize(self.into_deserializer(true))
    }

    /// Returns a deserializer of this state. `is_human_readable` is what the format reports from which the state was
    /// read: `true` for JSON and MessagePack.
    pub const fn into_deserializer(self, is_human_readable: bool) -> StateDeserializer {
        StateDeserializer::new(self, is_human_readable)
    }

    /// Returns a map of these fields.
    pub fn map<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        let fields = fields.into_iter();
        Self::Map(fields.map(|(name, value)| (Self::Text(name.into()), value)).collect())
    }

    /// Reads a number as JSON writes it. Integers of up to 128 bits are exact; larger ones become a float, as JSON's
    /// readers do it. Returns `None` if `text` is no number or no float can hold it.
    pub fn from_json_number(text: &str) -> Option<Self> {
        number::parse(text)
    }

    /// Returns the value of the field `name`, or `None` if there is none or this is not a map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let fields = self.as_map()?;
        fields.iter().find(|(key, _)| key.is_text(name)).map(|(_, value)| value)
    }

    /// Returns the value of the field `name` to change it, or `None` if there is none or this is not a map.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Map(fields) = self else { return None };
        let mut fields = fields.iter_mut();
        fields.find(|(key, _)| key.is_text(name)).map(|(_, value)| value)
    }

    /// Sets the field `name`, at the end if it is a new one, and returns the value that it had. A state that is not a
    /// map stays as it is.
    pub fn insert(&mut self, name: &str, value: impl Into<Self>) -> Option<Self> {
        if let Some(field) = self.get_mut(name) {
            return Some(std::mem::replace(field, value.into()));
        }
        if let Self::Map(fields) = self {
            fields.push((name.into(), value.into()));
        }
        None
    }

    /// Removes the field `name` and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        let Self::Map(fields) = self else { return None };
        let idx = fields.iter().position(|(key, _)| key.is_text(name))?;
        Some(fields.remove(idx).1)
    }

    /// Renames the field `name`. A field that has the new name already is replaced.
    pub fn rename(&mut self, name: &str, new_name: &str) {
        if name == new_name || self.get(name).is_none() {
            return;
        }
        self.remove(new_name);
        if let Self::Map(fields) = self
            && let Some((key, _)) = fields.iter_mut().find(|(key, _)| key.is_text(name))
        {
            *key = new_name.into();
        }
    }

    /// Returns this state with the field `name` set; see [`insert`](Self::insert).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Self>) -> Self {
        self.insert(name, value);
        self
    }

    /// Returns this state without the field `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.remove(name);
        self
    }

    /// Returns this state with the field `name` renamed; see [`rename`](Self::rename).
    #[must_use]
    pub fn renamed(mut self, name: &str, new_name: &str) -> Self {
        self.rename(name, new_name);
        self
    }

    fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) if own == text)
    }
}
