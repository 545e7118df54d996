//! Reading of JSON.

use std::{fmt, marker::PhantomData};

use es_domain::State;
use serde::{
    Deserialize, Deserializer as _,
    de::{DeserializeSeed, Error as _, MapAccess, Visitor},
};
use serde_json::{Deserializer, Error, value::RawValue};

use super::MAX_DEPTH;

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, Error> {
    let mut reader = Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Reads a state level by level from the text.
///
/// `serde_json` turns integers above 64 bits into floats if it reads a value without a type. With its feature
/// `arbitrary_precision`, which one crate of a program turns on for all crates, it turns numbers into maps. Reading the text
/// of a number avoids both faults.
pub(super) fn decode_state(bytes: &[u8]) -> Result<State, Error> {
    state(serde_json::from_slice::<&RawValue>(bytes)?, MAX_DEPTH)
}

fn state(raw: &RawValue, depth: usize) -> Result<State, Error> {
    let json = raw.get();
    match json.as_bytes().first() {
        Some(b'{') => {
            let depth = enter(depth)?;
            let entries = entries(json)?.into_iter();
            let entries = entries.map(|(key, value)| Ok((State::Text(key), state(value, depth)?)));
            entries.collect::<Result<_, Error>>().map(State::Map)
        }
        Some(b'[') => {
            let depth = enter(depth)?;
            let elements = serde_json::from_str::<Vec<&RawValue>>(json)?.into_iter();
            let elements = elements.map(|element| state(element, depth));
            elements.collect::<Result<_, Error>>().map(State::List)
        }
        Some(b'"') => serde_json::from_str(json).map(State::Text),
        Some(b'-' | b'0'..=b'9') => State::from_json_number(json).ok_or_else(|| Error::custom("number out of range")),
        _ => serde_json::from_str::<Option<bool>>(json).map(|value| value.map_or(State::Null, State::Bool)),
    }
}

fn enter(depth: usize) -> Result<usize, Error> {
    depth
        .checked_sub(1)
        .ok_or_else(|| Error::custom(format_args!("nested more than {MAX_DEPTH} levels deep")))
}

/// The entries of an object in their order, including repeated keys.
fn entries(json: &str) -> Result<Vec<(String, &RawValue)>, Error> {
    let mut reader = Deserializer::from_str(json);
    reader.deserialize_map(Entries(PhantomData))
}

struct Entries<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
