//! Events and snapshots as the cases store them.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash as _, Hasher as _},
    ops::RangeInclusive,
};

use es_persistence::{OriginatorId, StoredEvent, StoredSnapshot, Timestamp};
use uuid::Uuid;

/// The topic of an event in a case that is not about topics.
pub(crate) const TOPIC: &str = "Happened";

/// The name of an upstream in a case that is not about names.
pub(crate) const UPSTREAM: &str = "upstream";

/// IDs, topics and upstreams with characters that SQL, JSON or a terminal may treat in a special way.
pub(crate) const HOSTILE: [&str; 14] = [
    " ",
    "it's",
    "a \"quoted\" one",
    "`; DROP TABLE events; --",
    "'); DELETE FROM events; --",
    "100%_of\\it",
    "$1 ?1 :a @b {c}",
    "line\nbreak\r\n\ttab",
    "\u{1}\u{7f}\u{feff}",
    "🐕‍🦺 Größe 犬",
    "e\u{301}",
    "é",
    "null",
    "[\"a\",\"b\"]",
];

/// Points in time at the edges of what a row can hold: years 1, 1969, 1970, today and 9999, to the microsecond.
pub(crate) const TIMES: [&str; 7] = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00.000001Z",
    "2026-01-02T03:04:05.000006Z",
    "2026-01-02T03:04:05.999999Z",
    "9999-12-30T21:59:59.999999Z",
];

/// The `number`th aggregate of a case.
pub(crate) const fn uuid(number: u128) -> OriginatorId {
    OriginatorId::Uuid(Uuid::from_u128(0x018f_3c2a_77b1_7000_8000_0000_0000_0000 | number))
}

pub(crate) fn event(id: &OriginatorId, version: u64) -> StoredEvent {
    event_of(id, version, TOPIC)
}

pub(crate) fn event_of(id: &OriginatorId, version: u64, topic: &str) -> StoredEvent {
    event_like(id, version, topic, format!("{id:?} {version}").into_bytes())
}

pub(crate) fn event_with(id: &OriginatorId, version: u64, state: Vec<u8>) -> StoredEvent {
    event_like(id, version, TOPIC, state)
}

/// One event for each of `versions`.
pub(crate) fn events(id: &OriginatorId, versions: RangeInclusive<u64>) -> Vec<StoredEvent> {
    versions.map(|version| event(id, version)).collect()
}

/// An event that another writer could store in the place of [`event`]: it has another event ID and another state.
pub(crate) fn rival(id: &OriginatorId, version: u64) -> StoredEvent {
    event_with(id, version, format!("rival {version}").into_bytes())
}

/// One rival for each of `versions`.
pub(crate) fn rivals(id: &OriginatorId, versions: RangeInclusive<u64>) -> Vec<StoredEvent> {
    versions.map(|version| rival(id, version)).collect()
}

/// Makes an event whose other columns depend on the given ones: the same arguments make the same event, and different
/// arguments make different event IDs. Some events have metadata or a hash, others have none.
pub(crate) fn event_like(id: &OriginatorId, version: u64, topic: &str, state: Vec<u8>) -> StoredEvent {
    let draw = Draw::by(id, version, topic, &state);
    StoredEvent::new(id.clone(), version, topic.to_owned(), state)
        .with_stamp(draw.event_id(), draw.timestamp())
        .with_schema_version(draw.schema_version())
        .with_metadata(draw.bytes("metadata"))
        .with_hash(draw.bytes("hash"))
}

pub(crate) fn snapshot(id: &OriginatorId, version: u64) -> StoredSnapshot {
    snapshot_of(id, version, "Snapshot")
}

pub(crate) fn snapshot_of(id: &OriginatorId, version: u64, topic: &str) -> StoredSnapshot {
    drawn_snapshot(id, version, topic, format!("snapshot {id:?} {version}").into_bytes())
}

pub(crate) fn snapshot_with(id: &OriginatorId, version: u64, state: Vec<u8>) -> StoredSnapshot {
    drawn_snapshot(id, version, "Snapshot", state)
}

fn drawn_snapshot(id: &OriginatorId, version: u64, topic: &str, state: Vec<u8>) -> StoredSnapshot {
    let draw = Draw::by(id, version, topic, &state);
    StoredSnapshot::new(id.clone(), version, topic.to_owned(), state)
        .with_timestamp(draw.timestamp())
        .with_schema_version(draw.schema_version())
        .with_hash(draw.bytes("hash"))
}

/// One snapshot for each of `versions`.
pub(crate) fn snapshots(id: &OriginatorId, versions: impl IntoIterator<Item = u64>) -> Vec<StoredSnapshot> {
    versions.into_iter().map(|version| snapshot(id, version)).collect()
}

/// The point in time that `text` names.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("the text is a valid timestamp")
}

/// Every value that a byte can have.
pub(crate) fn all_bytes() -> impl Iterator<Item = u8> + Clone {
    0..=u8::MAX
}

/// A source of values that depend on nothing but what it was made by.
struct Draw(DefaultHasher);

impl Draw {
    fn by(id: &OriginatorId, version: u64, topic: &str, state: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        (id, version, topic, state).hash(&mut hasher);
        Self(hasher)
    }

    fn number(&self, column: &str) -> u64 {
        let mut hasher = self.0.clone();
        column.hash(&mut hasher);
        hasher.finish()
    }

    fn event_id(&self) -> Uuid {
        Uuid::from_u64_pair(self.number("event ID"), self.number("rest of the event ID"))
    }

    fn timestamp(&self) -> Timestamp {
        let micros = self.number("timestamp") % 60_000_000;
        time(&format!(
            "2026-01-02T03:04:{:02}.{:06}Z",
            micros / 1_000_000,
            micros % 1_000_000
        ))
    }

    fn schema_version(&self) -> u16 {
        match self.number("schema version") % 4 {
            0 => 300,
            more => u16::try_from(more).expect("it is less than 4"),
        }
    }

    /// Bytes for a column that may be empty: none, no bytes, or some.
    fn bytes(&self, column: &str) -> Option<Vec<u8>> {
        let number = self.number(column);
        match number % 4 {
            0 => None,
            1 => Some(Vec::new()),
            _ => Some([column.as_bytes(), &number.to_be_bytes()].concat()),
        }
    }
}
