//! States from formats, and values from states.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{
    State, StateError,
    key::{self, KeyDeserializer},
};

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StateVisitor)
    }
}

struct StateVisitor;

impl<'de> Visitor<'de> for StateVisitor {
    type Value = State;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<State, E> {
        Ok(State::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<State, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<State, E> {
        Ok(value.into())
    }

    fn visit_i128<E>(self, value: i128) -> Result<State, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<State, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<State, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<State, E> {
        Ok(text.into())
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
        while let Some((name, value)) = map.next_entry::<State, State>()? {
            fields.push((key::write(&name).map_err(de::Error::custom)?, value));
        }
        Ok(State::Map(fields))
    }
}

/// Reads a value from a [`State`].
#[derive(Clone, Debug)]
pub struct StateDeserializer {
    state: State,
    is_human_readable: bool,
}

impl StateDeserializer {
    pub(super) const fn new(state: State, is_human_readable: bool) -> Self {
        Self {
            state,
            is_human_readable,
        }
    }

    const fn of(&self) -> impl Fn(State) -> Self + use<> {
        let is_human_readable = self.is_human_readable;
        move |state| Self::new(state, is_human_readable)
    }
}

impl IntoDeserializer<'_, StateError> for StateDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl IntoDeserializer<'_, StateError> for KeyDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for StateDeserializer {
    type Error = StateError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        let of = self.of();
        match self.state {
            State::Null => visitor.visit_unit(),
            State::Bool(value) => visitor.visit_bool(value),
            State::Integer(value) => visit_integer(value, visitor),
            State::Float(value) => visitor.visit_f64(value),
            State::Text(text) => visitor.visit_string(text),
            State::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            State::List(values) => {
                let mut seq = SeqDeserializer::new(values.into_iter().map(of));
                let value = visitor.visit_seq(&mut seq)?;
                seq.end()?;
                Ok(value)
            }
            State::Map(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (KeyDeserializer(name), of(value)));
                let mut map = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
        }
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

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StateError> {
        let of = self.of();
        match self.state {
            State::Text(variant) => visitor.visit_enum(KeyDeserializer(variant)),
            State::Map(mut fields) if fields.len() == 1 => {
                let (variant, value) = fields.remove(0);
                visitor.visit_enum(Variant(variant, of(value)))
            }
            State::Map(_) => Err(de::Error::invalid_value(
                Unexpected::Map,
                &"the name of a variant and its value",
            )),
            _ => Err(de::Error::custom(
                "a variant was expected: its name, or a map of its name and value",
            )),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, StateError> {
        self.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

/// In the type that most visitors know.
fn visit_integer<'de, V: Visitor<'de>>(value: i128, visitor: V) -> Result<V::Value, StateError> {
    if let Ok(value) = u64::try_from(value) {
        visitor.visit_u64(value)
    } else if let Ok(value) = i64::try_from(value) {
        visitor.visit_i64(value)
    } else {
        visitor.visit_i128(value)
    }
}

/// A variant with a value.
struct Variant(String, StateDeserializer);

impl<'de> EnumAccess<'de> for Variant {
    type Error = StateError;
    type Variant = StateDeserializer;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, StateDeserializer), StateError> {
        Ok((seed.deserialize(KeyDeserializer(self.0))?, self.1))
    }
}

impl<'de> VariantAccess<'de> for StateDeserializer {
    type Error = StateError;

    fn unit_variant(self) -> Result<(), StateError> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, StateError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, StateError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, StateError> {
        self.deserialize_any(visitor)
    }
}
