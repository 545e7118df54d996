//! A format without content that notes what it is asked for.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{skip::Skipped, stopped::Stopped};

/// A step into a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Some,
    Newtype,
    Element(usize),
    Key,
    Value,
    Field(&'static str),
    Variant(&'static str),
}

/// The type that is asked for. `Leaf` has no parts; the other variants hold what is needed to go on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Leaf(&'static str),
    Option,
    Newtype,
    List,
    Map,
    Tuple(usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
}

#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    path: &'a [Step],
    asked: &'a Cell<Option<Asked>>,
    /// The content of texts on the way.
    text: &'static str,
}

impl<'a> Probe<'a> {
    pub(super) const fn new(path: &'a [Step], asked: &'a Cell<Option<Asked>>, text: &'static str) -> Self {
        Self { path, asked, text }
    }

    /// The next step, with a probe for what follows it; at the end of the path, `asked` is noted.
    fn step(self, asked: Asked) -> Result<(Step, Self), Stopped> {
        match self.path {
            [] => {
                self.asked.set(Some(asked));
                Err(Stopped)
            }
            [step, path @ ..] => Ok((*step, Self { path, ..self })),
        }
    }
}

macro_rules! leaves {
    ($($method:ident => $name:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stopped> {
            self.step(Asked::Leaf($name))?;
            Err(Stopped)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Stopped;

    leaves! {
        deserialize_any => "any"
        deserialize_bool => "bool"
        deserialize_i8 => "i8"
        deserialize_i16 => "i16"
        deserialize_i32 => "i32"
        deserialize_i64 => "i64"
        deserialize_i128 => "i128"
        deserialize_u8 => "u8"
        deserialize_u16 => "u16"
        deserialize_u32 => "u32"
        deserialize_u64 => "u64"
        deserialize_u128 => "u128"
        deserialize_f32 => "f32"
        deserialize_f64 => "f64"
        deserialize_char => "char"
        deserialize_str => "text"
        deserialize_string => "text"
        deserialize_bytes => "bytes"
        deserialize_byte_buf => "bytes"
        deserialize_unit => "nothing"
        deserialize_identifier => "text"
        deserialize_ignored_any => "any"
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Result<V::Value, Stopped> {
        self.step(Asked::Leaf("nothing"))?;
        Err(Stopped)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        let (_, rest) = self.step(Asked::Option)?;
        visitor.visit_some(rest)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Stopped> {
        let (_, rest) = self.step(Asked::Newtype)?;
        visitor.visit_newtype_struct(rest)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        let (step, rest) = self.step(Asked::List)?;
        visitor.visit_seq(Parts { step, rest })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stopped> {
        let (step, rest) = self.step(Asked::Tuple(len))?;
        visitor.visit_seq(Parts { step, rest })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        let (step, rest) = self.step(Asked::Map)?;
        visitor.visit_map(Parts { step, rest })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        let (step, rest) = self.step(Asked::Struct(name, fields))?;
        visitor.visit_map(Parts { step, rest })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        let (step, rest) = self.step(Asked::Enum(name, variants))?;
        visitor.visit_enum(Parts { step, rest })
    }
}

/// The part of a value that the path leads to.
struct Parts<'a> {
    step: Step,
    rest: Probe<'a>,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Stopped;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Stopped> {
        match self.step {
            Step::Element(0) => seed.deserialize(self.rest).map(Some),
            Step::Element(idx) => {
                self.step = Step::Element(idx - 1);
                seed.deserialize(Skipped(self.rest.text)).map(Some)
            }
            _ => Err(Stopped),
        }
    }
}

impl<'de> MapAccess<'de> for Parts<'_> {
    type Error = Stopped;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stopped> {
        match self.step {
            Step::Field(name) => seed
                .deserialize(IntoDeserializer::<Stopped>::into_deserializer(name))
                .map(Some),
            Step::Key => seed.deserialize(self.rest).map(Some),
            Step::Value => seed.deserialize(Skipped(self.rest.text)).map(Some),
            _ => Err(Stopped),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stopped> {
        seed.deserialize(self.rest)
    }
}

impl<'de> EnumAccess<'de> for Parts<'_> {
    type Error = Stopped;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Stopped> {
        let Step::Variant(name) = self.step else {
            return Err(Stopped);
        };
        let name = seed.deserialize(IntoDeserializer::<Stopped>::into_deserializer(name))?;
        Ok((name, self))
    }
}

/// The rest of the path begins with the content of the variant.
impl<'de> VariantAccess<'de> for Parts<'_> {
    type Error = Stopped;

    fn unit_variant(self) -> Result<(), Stopped> {
        self.rest.step(Asked::Struct("", &[]))?;
        Err(Stopped)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stopped> {
        seed.deserialize(self.rest)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stopped> {
        self.rest.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Stopped> {
        self.rest.deserialize_struct("", fields, visitor)
    }
}
