//! Hashes that link the events of an aggregate.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Aggregate, AggregateId, OriginatorId};

/// The hash of a stored event and of all events of its aggregate before it.
///
/// It is computed over the row as it is stored, for aggregates with `#[aggregate(hash_chain)]`. Its text is 64 hexadecimal
/// digits. (The idea is that of `AggregateRoot` in versions 4 to 8 of Python's `eventsourcing`.)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventHash([u8; 32]);

/// A text is not a hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a hash of 64 hexadecimal digits")]
pub struct ParseEventHashError {
    text: String,
}

impl EventHash {
    /// Makes a hash of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for EventHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<EventHash> for [u8; 32] {
    fn from(hash: EventHash) -> Self {
        hash.0
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventHash {
    type Err = ParseEventHashError;

    fn from_str(text: &str) -> Result<Self, ParseEventHashError> {
        parse(text)
            .map(Self)
            .ok_or_else(|| ParseEventHashError { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?))
        .collect();
    bytes?.try_into().ok()
}

impl Serialize for EventHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The events of an aggregate differ from an independent record of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aggregate {aggregate} {id} of version {version} {kind}")]
pub struct DataIntegrityError {
    aggregate: &'static str,
    id: OriginatorId,
    version: u64,
    kind: DataIntegrityErrorKind,
}

/// The kind of difference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataIntegrityErrorKind {
    /// The last event has another hash than the record: an event was changed, or the last events were removed.
    #[error("has the head {actual}, and {expected} was expected")]
    HeadHash {
        /// The hash in the record.
        expected: EventHash,
        /// The hash of the last event.
        actual: EventHash,
    },
    /// The aggregate has no head: its events have no hashes.
    #[error("has no head")]
    NoHead,
}

impl DataIntegrityError {
    /// Returns the kind of difference.
    pub const fn kind(&self) -> &DataIntegrityErrorKind {
        &self.kind
    }
}

/// Compares an aggregate's head with an independent record of it.
pub(crate) fn verify_head<A: Aggregate>(aggregate: &A, expected: EventHash) -> Result<(), DataIntegrityError> {
    let kind = match aggregate.head() {
        Some(actual) if actual == expected => return Ok(()),
        Some(actual) => DataIntegrityErrorKind::HeadHash { expected, actual },
        None => DataIntegrityErrorKind::NoHead,
    };
    Err(DataIntegrityError {
        aggregate: A::TOPIC,
        id: aggregate.id().to_originator_id(),
        version: aggregate.version(),
        kind,
    })
}
