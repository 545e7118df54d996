//! Events as the cases store them.

use std::ops::RangeInclusive;

use es_persistence::{OriginatorId, StoredEvent};
use uuid::Uuid;

/// The topic of events of which it does not matter.
pub(crate) const TOPIC: &str = "Happened";

/// IDs, topics and upstreams that are no plain words.
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

/// The `number`th aggregate of a case.
pub(crate) const fn uuid(number: u128) -> OriginatorId {
    OriginatorId::Uuid(Uuid::from_u128(0x018f_3c2a_77b1_7000_8000_0000_0000_0000 | number))
}

pub(crate) fn event(id: &OriginatorId, version: u64) -> StoredEvent {
    event_of(id, version, TOPIC)
}

pub(crate) fn event_of(id: &OriginatorId, version: u64, topic: &str) -> StoredEvent {
    StoredEvent {
        originator_id: id.clone(),
        originator_version: version,
        topic: topic.to_owned().into(),
        state: format!("{id:?} {version}").into_bytes(),
    }
}

pub(crate) fn event_with(id: &OriginatorId, version: u64, state: Vec<u8>) -> StoredEvent {
    StoredEvent {
        state,
        ..event(id, version)
    }
}

/// One event for each of `versions`.
pub(crate) fn events(id: &OriginatorId, versions: RangeInclusive<u64>) -> Vec<StoredEvent> {
    versions.map(|version| event(id, version)).collect()
}

/// Every value that a byte can have.
pub(crate) fn all_bytes() -> impl Iterator<Item = u8> + Clone {
    0..=u8::MAX
}
