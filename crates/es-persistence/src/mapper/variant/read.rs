//! Reading a variant whose name is known.

use std::marker::PhantomData;

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, IgnoredAny, IntoDeserializer, VariantAccess, Visitor, value::StrDeserializer,
    },
};

/// Reads the fields of the variant `name` of `E`.
pub(in crate::mapper) struct VariantSeed<E> {
    name: &'static str,
    event: PhantomData<E>,
}

impl<E> VariantSeed<E> {
    pub(in crate::mapper) const fn new(name: &'static str) -> Self {
        Self {
            name,
            event: PhantomData,
        }
    }
}

impl<'de, E: Deserialize<'de>> DeserializeSeed<'de> for VariantSeed<E> {
    type Value = E;

    fn deserialize<D: Deserializer<'de>>(self, fields: D) -> Result<E, D::Error> {
        E::deserialize(VariantAs {
            name: self.name,
            fields,
        })
    }
}

/// A deserializer of fields, in the guise of one of an enum whose variant is `name`.
struct VariantAs<D> {
    name: &'static str,
    fields: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for VariantAs<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, D::Error> {
        Err(de::Error::custom(
            "events are an enum whose serde representation is the default one",
        ))
    }

    fn is_human_readable(&self) -> bool {
        self.fields.is_human_readable()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for VariantAs<D> {
    type Error = D::Error;
    type Variant = Fields<D>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Fields<D>), D::Error> {
        let name: StrDeserializer<'_, D::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Fields(self.fields)))
    }
}

struct Fields<D>(D);

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for Fields<D> {
    type Error = D::Error;

    fn unit_variant(self) -> Result<(), D::Error> {
        IgnoredAny::deserialize(self.0).map(drop)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, D::Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct("Body", fields, visitor)
    }
}
