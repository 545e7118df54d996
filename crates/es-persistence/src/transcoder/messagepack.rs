//! MessagePack with the names of fields.

use rmp_serde::{Deserializer, Serializer, decode, encode};
use serde::{
    Deserialize as _, Serialize,
    de::{DeserializeSeed, IgnoredAny},
};

/// As deep as JSON may be nested.
const DEPTH: usize = 128;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) -> Result<(), encode::Error> {
    value.serialize(&mut Serializer::new(bytes).with_struct_map())
}

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, decode::Error> {
    let mut reader = Deserializer::from_read_ref(bytes);
    reader.set_max_depth(DEPTH);
    let value = seed.deserialize(&mut reader)?;
    // The reader does not tell how far it has come, but where nothing is left, not even a marker can be read.
    match IgnoredAny::deserialize(&mut reader) {
        Err(decode::Error::InvalidMarkerRead(_)) => Ok(value),
        Ok(_) | Err(_) => Err(decode::Error::Syntax("trailing bytes".to_owned())),
    }
}
