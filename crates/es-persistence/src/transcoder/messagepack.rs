//! MessagePack, with the names of fields.
//!
//! Values are written in their human-readable form, as in JSON: a UUID, a timestamp or an IP address is a text. So tagged
//! enums, which do not know the format while they are read, can be read, and an upcaster sees the same state in both
//! formats. The usual text of a UUID takes only 18 bytes, and the text of a timestamp takes 10: both are written as
//! extensions and read as the text. Integers above 64 bits are extensions too.

mod error;
mod read;
mod text;
mod variant;
mod write;

use es_domain::State;
use serde::{Deserialize as _, Serialize, de::DeserializeSeed};

pub(super) use self::error::Error;
use self::{read::Reader, write::Writer};

/// The types of the extensions that this module writes.
mod extension {
    /// 16 bytes: a UUID whose text was written.
    pub(super) const UUID: i8 = 1;
    /// 16 bytes, the most significant first: an integer with a sign.
    pub(super) const I128: i8 = 2;
    /// 16 bytes, the most significant first: an integer without a sign.
    pub(super) const U128: i8 = 3;
    /// MessagePack's own type for timestamps: here 8 bytes, of a timestamp whose text was written.
    pub(super) const TIME: i8 = -1;
}

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(&mut Writer::new(bytes))
}

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, Error> {
    let mut reader = Reader::new(bytes);
    let value = seed.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

pub(super) fn decode_state(bytes: &[u8]) -> Result<State, Error> {
    let mut reader = Reader::new(bytes);
    let state = State::deserialize(&mut reader)?;
    reader.end()?;
    Ok(state)
}
