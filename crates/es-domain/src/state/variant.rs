//! Variants of enums in states: a name, or a map with a name and a value.

use serde::{
    Deserialize as _, Deserializer as _,
    de::{self, DeserializeSeed, EnumAccess, VariantAccess, Visitor},
};

use super::{State, StateDeserializer, StateError};

/// A variant: its name and its content.
pub(super) struct Variant {
    name: StateDeserializer,
    value: Option<StateDeserializer>,
}

impl Variant {
    pub(super) fn of(state: State, is_human_readable: bool) -> Result<Self, StateError> {
        let of = |state| StateDeserializer::new(state, is_human_readable);
        match state {
            State::Text(_) => Ok(Self {
                name: of(state),
                value: None,
            }),
            State::Map(mut fields) if fields.len() == 1 => {
                let (name, value) = fields.remove(0);
                let (name, value) = (of(name), Some(of(value)));
                Ok(Self { name, value })
            }
            _ => Err(de::Error::custom(
                "expected a variant: its name, or a map of its name and its value",
            )),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = StateError;
    type Variant = VariantValue;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, VariantValue), StateError> {
        Ok((seed.deserialize(self.name)?, VariantValue(self.value)))
    }
}

/// The content of a variant, or `None` if only its name was stored.
pub(super) struct VariantValue(Option<StateDeserializer>);

impl VariantValue {
    fn fields(self) -> Result<StateDeserializer, StateError> {
        self.0
            .ok_or_else(|| de::Error::custom("expected a variant with fields, found only its name"))
    }
}

impl<'de> VariantAccess<'de> for VariantValue {
    type Error = StateError;

    fn unit_variant(self) -> Result<(), StateError> {
        self.0.map_or(Ok(()), <()>::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, StateError> {
        seed.deserialize(self.fields()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, StateError> {
        self.fields()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StateError> {
        self.fields()?.deserialize_struct("", fields, visitor)
    }
}
