//! Writing a variant's fields without its name.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleVariant},
};

/// The fields of an event, in the form of an object, or of what a variant with one unnamed field holds.
pub(in crate::mapper) struct VariantFields<'a, E> {
    pub(in crate::mapper) body: &'a E,
    /// The variant's name.
    pub(in crate::mapper) name: &'static str,
}

impl<E: Serialize> Serialize for VariantFields<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.name;
        self.body.serialize(FieldsOnly { name, serializer })
    }
}

/// A serializer for enums that leaves the variant's name out, after comparing it with the one it is stored under.
struct FieldsOnly<S> {
    name: &'static str,
    serializer: S,
}

impl<S: Serializer> FieldsOnly<S> {
    fn named(self, variant: &str) -> Result<S, S::Error> {
        if variant == self.name {
            return Ok(self.serializer);
        }
        let name = self.name;
        Err(ser::Error::custom(format_args!(
            "the kind of variant {variant} has the name {name}"
        )))
    }

    fn no_enum<T>() -> Result<T, S::Error> {
        Err(ser::Error::custom(
            "events are an enum whose serde representation is the default one",
        ))
    }
}

/// The methods that a derived enum does not call.
macro_rules! no_enum {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, S::Error> {
            Self::no_enum()
        }
    )*};
}

impl<S: Serializer> Serializer for FieldsOnly<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = TupleFields<S::SerializeTuple>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = Impossible<S::Ok, S::Error>;
    type SerializeStructVariant = StructFields<S::SerializeStruct>;

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.named(variant)?.serialize_struct("Body", 0)?.end()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self.named(variant)?)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.named(variant)?.serialize_tuple(len).map(TupleFields)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.named(variant)?.serialize_struct("Body", len).map(StructFields)
    }

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        Self::no_enum()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        Self::no_enum()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<S::Ok, S::Error> {
        Self::no_enum()
    }

    no_enum! {
        serialize_bool(bool) -> S::Ok;
        serialize_i8(i8) -> S::Ok;
        serialize_i16(i16) -> S::Ok;
        serialize_i32(i32) -> S::Ok;
        serialize_i64(i64) -> S::Ok;
        serialize_u8(u8) -> S::Ok;
        serialize_u16(u16) -> S::Ok;
        serialize_u32(u32) -> S::Ok;
        serialize_u64(u64) -> S::Ok;
        serialize_f32(f32) -> S::Ok;
        serialize_f64(f64) -> S::Ok;
        serialize_char(char) -> S::Ok;
        serialize_str(&str) -> S::Ok;
        serialize_bytes(&[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(&'static str) -> S::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }
}

/// The fields of a variant with names.
struct StructFields<S>(S);

impl<S: SerializeStruct> SerializeStructVariant for StructFields<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// The fields of a variant without names.
struct TupleFields<S>(S);

impl<S: SerializeTuple> SerializeTupleVariant for TupleFields<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_element(value)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}
