//! Deserialization: states from formats, and values from states.

use std::{fmt, vec};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use super::{
    State, StateError,
    error::Step,
    key::KeyDeserializer,
    number::{self, visit_integer},
    variant::Variant,
};

/// The key under which `serde_json` passes on the text of a number, if any crate of the program has turned on its feature
/// `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StateVisitor)
    }
}

struct StateVisitor;

macro_rules! visit {
    ($($method:ident($ty:ty);)*) => {$(
        fn $method<E>(self, value: $ty) -> Result<State, E> {
            Ok(value.into())
        }
    )*};
}

impl<'de> Visitor<'de> for StateVisitor {
    type Value = State;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    visit! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_i128(i128);
        visit_u128(u128);
        visit_f64(f64);
        visit_str(&str);
        visit_string(String);
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<State, E> {
        Ok(State::Bytes(bytes.to_owned()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<State, E> {
        Ok(State::Bytes(bytes))
    }

    fn visit_none<E>(self) -> Result<State, E> {
        Ok(State::Null)
    }

    fn visit_unit<E>(self) -> Result<State, E> {
        Ok(State::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<State, D::Error> {
        State::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<State, D::Error> {
        State::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<State, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(State::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<State, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key::<State>()? {
            if fields.is_empty() && key.is_text(NUMBER) {
                let text: String = map.next_value()?;
                return number::parse(&text).ok_or_else(|| de::Error::custom("number out of range"));
            }
            fields.push((key, map.next_value()?));
        }
        Ok(State::Map(fields))
    }
}

/// Reads a value from a [`State`].
#[derive(Clone, Debug)]
pub struct StateDeserializer {
    pub(super) state: State,
    is_human_readable: bool,
}

impl StateDeserializer {
    pub(super) const fn new(state: State, is_human_readable: bool) -> Self {
        Self {
            state,
            is_human_readable,
        }
    }

    fn visit_list<'de, V: Visitor<'de>>(
        values: Vec<State>,
        is_human_readable: bool,
        visitor: V,
    ) -> Result<V::Value, StateError> {
        let mut elements = Elements {
            values: values.into_iter(),
            is_human_readable,
            next: 0,
        };
        let value = visitor.visit_seq(&mut elements)?;
        match elements.values.len() {
            0 => Ok(value),
            left => Err(de::Error::invalid_length(elements.next + left, &"fewer elements")),
        }
    }

    /// Reads the fields of a struct, or the entries of a map, which has no names.
    fn visit_map<'de, V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StateError> {
        let State::Map(entries) = self.state else {
            return self.deserialize_any(visitor);
        };
        let mut entries = Entries {
            rest: entries.into_iter(),
            is_human_readable: self.is_human_readable,
            names,
            value: None,
        };
        let value = visitor.visit_map(&mut entries)?;
        match entries.rest.len() {
            0 => Ok(value),
            left => Err(de::Error::custom(format_args!(
                "{left} entries of the map were not read"
            ))),
        }
    }

    /// Reads bytes as a list of numbers, for visitors that want a list.
    fn visit_seq<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::<_, StateError>::new(bytes.into_iter())),
            _ => self.deserialize_any(visitor),
        }
    }
}

impl IntoDeserializer<'_, StateError> for StateDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for StateDeserializer {
    type Error = StateError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Null => visitor.visit_unit(),
            State::Bool(value) => visitor.visit_bool(value),
            State::Integer(value) => visit_integer(value, visitor),
            State::Unsigned(value) => visitor.visit_u128(value),
            State::Float(value) => visitor.visit_f64(value),
            State::Text(text) => visitor.visit_string(text),
            State::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            State::List(values) => Self::visit_list(values, self.is_human_readable, visitor),
            State::Map(_) => self.visit_map(&[], visitor),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Integer(value) => visitor.visit_i128(value),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Integer(value) => match u128::try_from(value) {
                Ok(value) => visitor.visit_u128(value),
                Err(_) => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Float(value) if self.is_human_readable => visitor.visit_f32(number::single(value)),
            _ => self.deserialize_f64(visitor),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Integer(value) if i64::try_from(value).is_err() && u64::try_from(value).is_err() => {
                visitor.visit_f64(value as f64)
            }
            State::Unsigned(value) => visitor.visit_f64(value as f64),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Text(text) => visitor.visit_byte_buf(text.into_bytes()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        match self.state {
            State::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, StateError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        self.visit_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, StateError> {
        self.visit_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, StateError> {
        self.visit_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StateError> {
        self.visit_map(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StateError> {
        visitor.visit_enum(Variant::of(self.state, self.is_human_readable)?)
    }

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit unit_struct map identifier ignored_any
    }
}

/// The elements of a list.
struct Elements {
    values: vec::IntoIter<State>,
    is_human_readable: bool,
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = StateError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, StateError> {
        let Some(state) = self.values.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(StateDeserializer::new(state, self.is_human_readable));
        let step = Step::Element(self.next);
        self.next += 1;
        read.map(Some).map_err(|error| error.within(step))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

/// The fields of a struct, or the entries of a map.
struct Entries {
    rest: vec::IntoIter<(State, State)>,
    is_human_readable: bool,
    names: &'static [&'static str],
    value: Option<(Step, State)>,
}

impl Entries {
    /// An error may contain the name of a field, but not the key of a map, which is content.
    fn step(&self, key: &State) -> Step {
        let name = self.names.iter().find(|name| key.is_text(name));
        name.map_or(Step::Value, |name| Step::Field(name))
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = StateError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, StateError> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some((self.step(&key), value));
        let key = StateDeserializer::new(key, self.is_human_readable);
        seed.deserialize(KeyDeserializer(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, StateError> {
        let (step, state) = self
            .value
            .take()
            .ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        let read = seed.deserialize(StateDeserializer::new(state, self.is_human_readable));
        read.map_err(|error: StateError| error.within(step))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
