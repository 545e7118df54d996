//! A serializer that checks each value and refuses values that could not be read back.
//!
//! It stands between a value and the serializer of a format. It counts levels, refuses floats that the format lacks, notes
//! whether reading back has to be tried, and knows the field at which writing failed.

mod notes;
mod parts;

use std::fmt;

use serde::{Serialize, Serializer, ser};

pub(super) use self::notes::Notes;
use self::parts::Parts;

/// A checked value.
pub(super) struct Checked<'a, T: ?Sized> {
    value: &'a T,
    notes: &'a Notes,
    place: Place,
}

/// The place of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    /// In an `Option`. `Some(None)` would be read as `None`.
    Some,
    /// The key of a map. A format may turn it into a text, and some types then cannot read it.
    Key,
}

impl<'a, T: ?Sized> Checked<'a, T> {
    pub(super) const fn new(value: &'a T, notes: &'a Notes) -> Self {
        Self::at(Place::Value, value, notes)
    }

    const fn at(place: Place, value: &'a T, notes: &'a Notes) -> Self {
        Self { value, notes, place }
    }
}

impl<T: Serialize + ?Sized> Serialize for Checked<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Watch {
            serializer,
            notes: self.notes,
            place: self.place,
        })
    }
}

struct Watch<'a, S> {
    serializer: S,
    notes: &'a Notes,
    place: Place,
}

impl<'a, S: Serializer> Watch<'a, S> {
    /// Begins a value with parts, which takes `levels` levels in the format.
    fn parts<P>(self, levels: usize, begin: impl FnOnce(S) -> Result<P, S::Error>) -> Result<Parts<'a, P>, S::Error> {
        self.notes.enter(levels)?;
        Ok(Parts::new(begin(self.serializer)?, self.notes, levels))
    }

    fn no_text(&self) {
        if self.place == Place::Key {
            self.notes.doubt();
        }
    }

    fn nothing(&self) {
        if self.place != Place::Value {
            self.notes.doubt();
        }
    }

    fn float<E: ser::Error>(&self, is_finite: bool) -> Result<(), E> {
        self.no_text();
        if is_finite { Ok(()) } else { self.notes.no_number() }
    }
}

macro_rules! scalars {
    ($($method:ident($ty:ty))*) => {$(
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.no_text();
            self.serializer.$method(value)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Watch<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Parts<'a, S::SerializeSeq>;
    type SerializeTuple = Parts<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Parts<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Parts<'a, S::SerializeTupleVariant>;
    type SerializeMap = Parts<'a, S::SerializeMap>;
    type SerializeStruct = Parts<'a, S::SerializeStruct>;
    type SerializeStructVariant = Parts<'a, S::SerializeStructVariant>;

    scalars! {
        serialize_bool(bool)
        serialize_i8(i8)
        serialize_i16(i16)
        serialize_i32(i32)
        serialize_i64(i64)
        serialize_u8(u8)
        serialize_u16(u16)
        serialize_u32(u32)
        serialize_u64(u64)
        serialize_bytes(&[u8])
    }

    fn serialize_i128(self, value: i128) -> Result<S::Ok, S::Error> {
        // A tagged enum cannot hold the value while it is read.
        self.notes.doubt();
        self.serializer.serialize_i128(value)
    }

    fn serialize_u128(self, value: u128) -> Result<S::Ok, S::Error> {
        self.notes.doubt();
        self.serializer.serialize_u128(value)
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.float(value.is_finite())?;
        self.serializer.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.float(value.is_finite())?;
        self.serializer.serialize_f64(value)
    }

    fn serialize_char(self, value: char) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_char(value)
    }

    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_str(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.nothing();
        self.serializer.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let place = if self.place == Place::Key {
            self.place
        } else {
            Place::Some
        };
        self.serializer.serialize_some(&Checked::at(place, value, self.notes))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.nothing();
        self.serializer.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.nothing();
        self.serializer.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(self, name: &'static str, idx: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.serializer.serialize_unit_variant(name, idx, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        let value = Checked::at(self.place, value, self.notes);
        self.serializer.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        idx: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.notes.enter(1)?;
        let value = Checked::new(value, self.notes);
        let written = self.serializer.serialize_newtype_variant(name, idx, variant, &value)?;
        self.notes.leave(1);
        Ok(written)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.parts(1, |serializer| serializer.serialize_seq(len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.parts(1, |serializer| serializer.serialize_tuple(len))
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.parts(1, |serializer| serializer.serialize_tuple_struct(name, len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        idx: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.parts(2, |serializer| {
            serializer.serialize_tuple_variant(name, idx, variant, len)
        })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.parts(1, |serializer| serializer.serialize_map(len))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.parts(1, |serializer| serializer.serialize_struct(name, len))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        idx: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.parts(2, |serializer| {
            serializer.serialize_struct_variant(name, idx, variant, len)
        })
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.serializer.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }
}
