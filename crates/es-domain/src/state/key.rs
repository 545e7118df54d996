//! Names in maps: texts, or what JSON makes texts of.

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor},
    forward_to_deserialize_any, ser,
};

use super::{State, StateError};

/// The text of a key.
pub(super) fn write(key: &State) -> Result<String, StateError> {
    match key {
        State::Text(text) => Ok(text.clone()),
        State::Integer(value) => Ok(value.to_string()),
        State::Bool(value) => Ok(value.to_string()),
        _ => Err(ser::Error::custom("a key of a map is a text or a number")),
    }
}

/// Reads a key from its text.
pub(super) struct KeyDeserializer(pub(super) String);

macro_rules! parsed {
    ($($method:ident => $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_string(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer {
    type Error = StateError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        visitor.visit_string(self.0)
    }

    parsed! {
        deserialize_bool => visit_bool
        deserialize_i8 => visit_i8
        deserialize_i16 => visit_i16
        deserialize_i32 => visit_i32
        deserialize_i64 => visit_i64
        deserialize_i128 => visit_i128
        deserialize_u8 => visit_u8
        deserialize_u16 => visit_u16
        deserialize_u32 => visit_u32
        deserialize_u64 => visit_u64
        deserialize_u128 => visit_u128
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StateError> {
        visitor.visit_some(self)
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
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for KeyDeserializer {
    type Error = StateError;
    type Variant = UnitOnly;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, UnitOnly), StateError> {
        let value = seed.deserialize(IntoDeserializer::<StateError>::into_deserializer(self.0))?;
        Ok((value, UnitOnly))
    }
}

/// A variant of which nothing but the name is known.
pub(super) struct UnitOnly;

impl UnitOnly {
    fn fields<T>() -> Result<T, StateError> {
        Err(de::Error::custom(
            "a variant with fields was expected, and only its name is there",
        ))
    }
}

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = StateError;

    fn unit_variant(self) -> Result<(), StateError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, StateError> {
        Self::fields()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, StateError> {
        Self::fields()
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, StateError> {
        Self::fields()
    }
}
