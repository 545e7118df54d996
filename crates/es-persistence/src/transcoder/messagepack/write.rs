//! Writing of MessagePack.

use serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
        SerializeTupleVariant,
    },
};

use super::{
    Error, extension,
    text::{self, Compact},
};

/// Appends to `bytes`.
pub(super) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes }
    }

    /// Writes a marker and the bytes that belong to it.
    fn put<const N: usize>(&mut self, marker: u8, bytes: [u8; N]) {
        self.bytes.push(marker);
        self.bytes.extend_from_slice(&bytes);
    }

    fn unsigned(&mut self, value: u64) {
        if let Ok(value) = u8::try_from(value) {
            match value {
                0..0x80 => self.bytes.push(value),
                _ => self.put(0xcc, [value]),
            }
        } else if let Ok(value) = u16::try_from(value) {
            self.put(0xcd, value.to_be_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.put(0xce, value.to_be_bytes());
        } else {
            self.put(0xcf, value.to_be_bytes());
        }
    }

    fn signed(&mut self, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            self.unsigned(value);
        } else if let Ok(value) = i8::try_from(value) {
            match value {
                -0x20.. => self.put(value.cast_unsigned(), []),
                _ => self.put(0xd0, value.to_be_bytes()),
            }
        } else if let Ok(value) = i16::try_from(value) {
            self.put(0xd1, value.to_be_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.put(0xd2, value.to_be_bytes());
        } else {
            self.put(0xd3, value.to_be_bytes());
        }
    }

    fn extension_16(&mut self, kind: i8, bytes: [u8; 16]) {
        self.put(0xd8, kind.to_be_bytes());
        self.bytes.extend_from_slice(&bytes);
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        match text::compact(text) {
            Some(Compact::Uuid(uuid)) => self.extension_16(extension::UUID, uuid.into_bytes()),
            Some(Compact::Time(bits)) => {
                self.put(0xd7, extension::TIME.to_be_bytes());
                self.bytes.extend_from_slice(&bits.to_be_bytes());
            }
            None => {
                match u32_len(text.len())? {
                    len @ 0..0x20 => self.bytes.push(0xa0 | low_byte(len)),
                    len @ 0x20..0x100 => self.put(0xd9, [low_byte(len)]),
                    len @ 0x100..0x1_0000 => self.put(0xda, low_bytes(len)),
                    len => self.put(0xdb, len.to_be_bytes()),
                }
                self.bytes.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }

    /// Writes the number of parts, or leaves room for it if it is not known yet.
    fn begin<'w>(&'w mut self, kind: Kind, len: Option<usize>) -> Result<Parts<'w, 'a>, Error> {
        let [small, medium, large] = match kind {
            Kind::List => [0x90, 0xdc, 0xdd],
            Kind::Map => [0x80, 0xde, 0xdf],
        };
        match len.map(u32_len).transpose()? {
            Some(len @ 0..0x10) => self.bytes.push(small | low_byte(len)),
            Some(len @ 0x10..0x1_0000) => self.put(medium, low_bytes(len)),
            Some(len) => self.put(large, len.to_be_bytes()),
            None => self.put(large, [0; 4]),
        }
        Ok(Parts {
            announced: len,
            at: self.bytes.len(),
            len: 0,
            writer: self,
        })
    }

    fn begin_variant<'w>(&'w mut self, name: &str, kind: Kind, len: usize) -> Result<Parts<'w, 'a>, Error> {
        self.bytes.push(0x81);
        self.text(name)?;
        self.begin(kind, Some(len))
    }
}

fn u32_len(len: usize) -> Result<u32, Error> {
    u32::try_from(len).map_err(|_too_large| Error::new(format_args!("{len} parts or bytes are more than 32 bits hold")))
}

/// The lowest of the four bytes, for lengths that are known to fit.
const fn low_byte(len: u32) -> u8 {
    let [_, _, _, low] = len.to_be_bytes();
    low
}

const fn low_bytes(len: u32) -> [u8; 2] {
    let [_, _, high, low] = len.to_be_bytes();
    [high, low]
}

#[derive(Clone, Copy)]
enum Kind {
    List,
    Map,
}

macro_rules! integers {
    ($($method:ident($ty:ty) => $write:ident)*) => {$(
        fn $method(self, value: $ty) -> Result<(), Error> {
            self.$write(value.into());
            Ok(())
        }
    )*};
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'w, 'a>;
    type SerializeTuple = Parts<'w, 'a>;
    type SerializeTupleStruct = Parts<'w, 'a>;
    type SerializeTupleVariant = Parts<'w, 'a>;
    type SerializeMap = Parts<'w, 'a>;
    type SerializeStruct = Parts<'w, 'a>;
    type SerializeStructVariant = Parts<'w, 'a>;

    integers! {
        serialize_i8(i8) => signed
        serialize_i16(i16) => signed
        serialize_i32(i32) => signed
        serialize_i64(i64) => signed
        serialize_u8(u8) => unsigned
        serialize_u16(u16) => unsigned
        serialize_u32(u32) => unsigned
        serialize_u64(u64) => unsigned
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.bytes.push(if value { 0xc3 } else { 0xc2 });
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        if let Ok(value) = i64::try_from(value) {
            self.signed(value);
        } else if let Ok(value) = u64::try_from(value) {
            self.unsigned(value);
        } else {
            self.extension_16(extension::I128, value.to_be_bytes());
        }
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        if let Ok(value) = i128::try_from(value) {
            return self.serialize_i128(value);
        }
        self.extension_16(extension::U128, value.to_be_bytes());
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.put(0xca, value.to_be_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.put(0xcb, value.to_be_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        match u32_len(bytes.len())? {
            len @ 0..0x100 => self.put(0xc4, [low_byte(len)]),
            len @ 0x100..0x1_0000 => self.put(0xc5, low_bytes(len)),
            len => self.put(0xc6, len.to_be_bytes()),
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.bytes.push(0xc0);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.bytes.push(0x81);
        self.text(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'w, 'a>, Error> {
        self.begin(Kind::List, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'w, 'a>, Error> {
        self.begin(Kind::List, Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Parts<'w, 'a>, Error> {
        self.begin(Kind::List, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'w, 'a>, Error> {
        self.begin_variant(variant, Kind::List, len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'w, 'a>, Error> {
        self.begin(Kind::Map, len)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Parts<'w, 'a>, Error> {
        self.begin(Kind::Map, Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'w, 'a>, Error> {
        self.begin_variant(variant, Kind::Map, len)
    }
}

/// The parts of a list or of a map.
pub(super) struct Parts<'w, 'a> {
    writer: &'w mut Writer<'a>,
    announced: Option<usize>,
    /// The index at which the parts begin. The number of parts stands before it.
    at: usize,
    len: usize,
}

impl Parts<'_, '_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.len += 1;
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.writer.text(name)?;
        self.part(value)
    }

    fn finish(self) -> Result<(), Error> {
        let Self { at, len, announced, .. } = self;
        match announced {
            Some(announced) if announced == len => Ok(()),
            Some(announced) => Err(Error::new(format_args!(
                "{len} parts were written where {announced} were announced"
            ))),
            None => {
                let len = u32_len(len)?.to_be_bytes();
                self.writer.bytes[at - len.len()..at].copy_from_slice(&len);
                Ok(())
            }
        }
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident)*) => {$(
        impl $trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.part(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl $trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.part(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
