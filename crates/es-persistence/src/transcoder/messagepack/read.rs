//! Reading of MessagePack.

use std::str;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};
use uuid::Uuid;

use super::{
    Error, extension, text,
    variant::{UnitVariant, Variant},
};
use crate::transcoder::MAX_DEPTH;

/// Reads from the beginning of `bytes`.
pub(super) struct Reader<'de> {
    bytes: &'de [u8],
    /// The number of levels of lists and maps that may still begin.
    depth: usize,
}

/// The marker that a value begins with.
#[derive(Clone, Copy)]
enum Head {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Single(f32),
    Double(f64),
    Text(usize),
    Bytes(usize),
    List(usize),
    Map(usize),
    Extension(i8, usize),
}

impl<'de> Reader<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self {
            bytes,
            depth: MAX_DEPTH,
        }
    }

    /// Checks that all bytes have been read.
    pub(super) fn end(&self) -> Result<(), Error> {
        match self.bytes.len() {
            0 => Ok(()),
            len => Err(Error::new(format_args!("trailing bytes: {len} follow the value"))),
        }
    }

    fn slice(&mut self, len: usize) -> Result<&'de [u8], Error> {
        let (slice, rest) = self.bytes.split_at_checked(len).ok_or_else(Error::end)?;
        self.bytes = rest;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or_else(Error::end)?;
        self.bytes = rest;
        Ok(*array)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    fn len_8(&mut self) -> Result<usize, Error> {
        self.byte().map(usize::from)
    }

    fn len_16(&mut self) -> Result<usize, Error> {
        self.array().map(|len| u16::from_be_bytes(len).into())
    }

    fn len_32(&mut self) -> Result<usize, Error> {
        let len = u32::from_be_bytes(self.array()?);
        usize::try_from(len).map_err(|_too_large| Error::end())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    fn head(&mut self) -> Result<Head, Error> {
        let marker = self.byte()?;
        Ok(match marker {
            0x00..=0x7f => Head::Unsigned(marker.into()),
            0x80..=0x8f => Head::Map((marker & 0x0f).into()),
            0x90..=0x9f => Head::List((marker & 0x0f).into()),
            0xa0..=0xbf => Head::Text((marker & 0x1f).into()),
            0xc0 => Head::Nil,
            0xc1 => return Err(Error::new("0xc1 begins no value")),
            0xc2 => Head::Bool(false),
            0xc3 => Head::Bool(true),
            0xc4 => Head::Bytes(self.len_8()?),
            0xc5 => Head::Bytes(self.len_16()?),
            0xc6 => Head::Bytes(self.len_32()?),
            0xc7..=0xc9 | 0xd4..=0xd8 => self.extension_head(marker)?,
            0xca..=0xd3 => self.number_head(marker)?,
            0xd9 => Head::Text(self.len_8()?),
            0xda => Head::Text(self.len_16()?),
            0xdb => Head::Text(self.len_32()?),
            0xdc => Head::List(self.len_16()?),
            0xdd => Head::List(self.len_32()?),
            0xde => Head::Map(self.len_16()?),
            0xdf => Head::Map(self.len_32()?),
            0xe0..=0xff => Head::Signed(marker.cast_signed().into()),
        })
    }

    fn number_head(&mut self, marker: u8) -> Result<Head, Error> {
        Ok(match marker {
            0xca => Head::Single(f32::from_be_bytes(self.array()?)),
            0xcb => Head::Double(f64::from_be_bytes(self.array()?)),
            0xcc => Head::Unsigned(self.byte()?.into()),
            0xcd => Head::Unsigned(u16::from_be_bytes(self.array()?).into()),
            0xce => Head::Unsigned(u32::from_be_bytes(self.array()?).into()),
            0xcf => Head::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Head::Signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Head::Signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Head::Signed(i32::from_be_bytes(self.array()?).into()),
            _ => Head::Signed(i64::from_be_bytes(self.array()?)),
        })
    }

    fn extension_head(&mut self, marker: u8) -> Result<Head, Error> {
        let len = match marker {
            0xc7 => self.len_8()?,
            0xc8 => self.len_16()?,
            0xc9 => self.len_32()?,
            _ => 1 << (marker - 0xd4),
        };
        Ok(Head::Extension(i8::from_be_bytes(self.array()?), len))
    }

    fn visit<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        match head {
            Head::Nil => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Signed(value) => visitor.visit_i64(value),
            Head::Single(value) => visitor.visit_f32(value),
            Head::Double(value) => visitor.visit_f64(value),
            Head::Text(len) => {
                let text = str::from_utf8(self.slice(len)?).map_err(Error::new)?;
                visitor.visit_borrowed_str(text)
            }
            Head::Bytes(len) => visitor.visit_borrowed_bytes(self.slice(len)?),
            Head::List(len) => self.nested(len, |parts| visitor.visit_seq(parts)),
            Head::Map(len) => self.nested(len, |parts| visitor.visit_map(parts)),
            Head::Extension(kind, len) => self.visit_extension(kind, len, visitor),
        }
    }

    fn visit_extension<V: Visitor<'de>>(&mut self, kind: i8, len: usize, visitor: V) -> Result<V::Value, Error> {
        match (kind, len) {
            (extension::UUID, 16) => {
                let uuid = Uuid::from_bytes(self.array()?);
                visitor.visit_str(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
            (extension::TIME, 8) => {
                let time = text::text_of_time(u64::from_be_bytes(self.array()?));
                visitor.visit_string(time.ok_or_else(|| Error::new("a timestamp is not one in microseconds"))?)
            }
            (extension::I128, 16) => visitor.visit_i128(i128::from_be_bytes(self.array()?)),
            (extension::U128, 16) => visitor.visit_u128(u128::from_be_bytes(self.array()?)),
            _ => Err(Error::new(format_args!(
                "unknown extension of type {kind} with {len} bytes"
            ))),
        }
    }

    /// Reads all parts of a list or a map.
    fn nested<T>(
        &mut self,
        len: usize,
        read: impl FnOnce(&mut Parts<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if len > self.bytes.len() {
            return Err(Error::end());
        }
        self.enter()?;
        let mut parts = Parts {
            reader: self,
            left: len,
        };
        let value = read(&mut parts)?;
        match parts.left {
            0 => self.depth += 1,
            left => return Err(de::Error::invalid_length(len, &Fewer(len - left))),
        }
        Ok(value)
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| Error::new(format_args!("nested more than {MAX_DEPTH} levels deep")))?;
        Ok(())
    }

    /// Reads bytes as a list of numbers, for visitors that want a list.
    fn visit_list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.head()? {
            Head::Bytes(len) => {
                let bytes = self.slice(len)?.iter().copied();
                visitor.visit_seq(SeqDeserializer::<_, Error>::new(bytes))
            }
            head => self.visit(head, visitor),
        }
    }
}

/// The expectation of a visitor that has not read all parts.
struct Fewer(usize);

impl de::Expected for Fewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.head()?;
        self.visit(head, visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.head()? {
            Head::Unsigned(value) => visitor.visit_i128(value.into()),
            Head::Signed(value) => visitor.visit_i128(value.into()),
            head => self.visit(head, visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.head()? {
            Head::Unsigned(value) => visitor.visit_u128(value.into()),
            head => self.visit(head, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(0xc0) => {
                self.byte()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek() {
            Some(0x80..=0x8f | 0xde | 0xdf) => {
                let Head::Map(1) = self.head()? else {
                    return Err(Error::new("expected a variant: a map of its name and its value"));
                };
                self.enter()?;
                let value = visitor.visit_enum(Variant(self))?;
                self.depth += 1;
                Ok(value)
            }
            _ => visitor.visit_enum(UnitVariant(self)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.visit_list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit_list(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct map struct identifier
        ignored_any
    }
}

/// The parts of a list or of a map.
struct Parts<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}
