//! Rows on their way to the server: one array for each column.

use es_persistence::{OriginatorId, StoredEvent, StoredSnapshot, Tracking};
use uuid::Uuid;

use crate::rows::time::Time;

/// An ID in the form of its two columns: a text ID has a UUID of zeros, a UUID has no text.
pub(crate) fn id_columns(id: &OriginatorId) -> (Uuid, &str) {
    match id {
        OriginatorId::Uuid(uuid) => (*uuid, ""),
        OriginatorId::Text(text) => (Uuid::nil(), text),
    }
}

/// A position or a version as the server keeps it; beyond its greatest number there is nothing to find.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A version of a body as the server keeps it; greater ones are refused before.
pub(crate) fn schema_version(version: u16) -> i16 {
    i16::try_from(version).unwrap_or(i16::MAX)
}

/// What identifies events.
#[derive(Debug, Default)]
pub(crate) struct KeyColumns<'a> {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) texts: Vec<&'a str>,
    pub(crate) versions: Vec<i64>,
    pub(crate) event_ids: Vec<Uuid>,
}

impl<'a> KeyColumns<'a> {
    pub(crate) fn of(events: impl Iterator<Item = &'a StoredEvent>) -> Self {
        let mut columns = Self::default();
        for event in events {
            let (id, text) = id_columns(&event.originator_id);
            columns.ids.push(id);
            columns.texts.push(text);
            columns.versions.push(to_column(event.originator_version));
            columns.event_ids.push(event.event_id);
        }
        columns
    }
}

/// All that is stored of events. A column that is the same in all events has one element; metadata and hashes have none
/// when no event has any.
#[derive(Debug)]
pub(crate) struct EventColumns<'a> {
    pub(crate) keys: KeyColumns<'a>,
    pub(crate) topics: Vec<&'a str>,
    pub(crate) timestamps: Vec<Time>,
    pub(crate) schema_versions: Vec<i16>,
    pub(crate) states: Vec<&'a [u8]>,
    pub(crate) metadatas: Vec<Option<&'a [u8]>>,
    pub(crate) hashes: Vec<Option<&'a [u8]>>,
}

impl<'a> EventColumns<'a> {
    pub(crate) fn of(events: &[&'a StoredEvent]) -> Self {
        let all = || events.iter().copied();
        let mut keys = KeyColumns::of(all());
        folded(&mut keys.texts);
        let mut columns = Self {
            keys,
            topics: all().map(|event| &*event.topic).collect(),
            timestamps: all().map(|event| Time(event.timestamp)).collect(),
            schema_versions: all().map(|event| schema_version(event.schema_version)).collect(),
            states: all().map(|event| &*event.state).collect(),
            metadatas: present(all().map(|event| event.metadata.as_deref())),
            hashes: present(all().map(|event| event.hash.as_deref())),
        };
        folded(&mut columns.topics);
        folded(&mut columns.timestamps);
        folded(&mut columns.schema_versions);
        columns
    }
}

/// Leaves one element when it is the same as all others.
fn folded<T: PartialEq>(column: &mut Vec<T>) {
    if column.iter().all(|value| *value == column[0]) {
        column.truncate(1);
    }
}

/// The values, or nothing when there are none.
fn present<'a>(values: impl Iterator<Item = Option<&'a [u8]>> + Clone) -> Vec<Option<&'a [u8]>> {
    if values.clone().all(|value| value.is_none()) {
        return Vec::new();
    }
    values.collect()
}

/// All that is stored of snapshots.
#[derive(Debug, Default)]
pub(crate) struct SnapshotColumns<'a> {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) texts: Vec<&'a str>,
    pub(crate) versions: Vec<i64>,
    pub(crate) topics: Vec<&'a str>,
    pub(crate) timestamps: Vec<Time>,
    pub(crate) schema_versions: Vec<i16>,
    pub(crate) states: Vec<&'a [u8]>,
    pub(crate) hashes: Vec<Option<&'a [u8]>>,
}

impl<'a> SnapshotColumns<'a> {
    pub(crate) fn of(snapshots: impl Iterator<Item = &'a StoredSnapshot>) -> Self {
        let mut columns = Self::default();
        for snapshot in snapshots {
            let (id, text) = id_columns(&snapshot.originator_id);
            columns.ids.push(id);
            columns.texts.push(text);
            columns.versions.push(to_column(snapshot.originator_version));
            columns.topics.push(&snapshot.topic);
            columns.timestamps.push(Time(snapshot.timestamp));
            columns.schema_versions.push(schema_version(snapshot.schema_version));
            columns.states.push(&snapshot.state);
            columns.hashes.push(snapshot.hash.as_deref());
        }
        columns
    }
}

/// All that is stored of tracking.
#[derive(Debug, Default)]
pub(crate) struct TrackingColumns<'a> {
    pub(crate) consumers: Vec<&'a str>,
    pub(crate) upstreams: Vec<&'a str>,
    pub(crate) positions: Vec<i64>,
    pub(crate) event_ids: Vec<Option<Uuid>>,
    pub(crate) fences: Vec<i64>,
}

impl<'a> TrackingColumns<'a> {
    pub(crate) fn of(trackings: impl Iterator<Item = &'a Tracking>) -> Self {
        let mut columns = Self::default();
        for tracking in trackings {
            columns.consumers.push(&tracking.key.consumer);
            columns.upstreams.push(&tracking.key.upstream);
            columns.positions.push(to_column(tracking.position));
            columns.event_ids.push(tracking.event_id);
            columns.fences.push(to_column(tracking.fence));
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(topic: &'static str) -> StoredEvent {
        StoredEvent::new(OriginatorId::from("rex"), 1, topic, Vec::new())
    }

    #[test]
    fn a_column_that_is_the_same_everywhere_has_one_element() {
        let (first, second) = (event("a"), event("b").with_hash(Some(vec![1])));
        let columns = EventColumns::of(&[&first, &second]);
        assert_eq!(columns.keys.texts, ["rex"]);
        assert_eq!(columns.schema_versions, [1]);
        assert_eq!(columns.topics, ["a", "b"]);
        assert!(columns.metadatas.is_empty());
        assert_eq!(columns.hashes, [None, Some([1].as_slice())]);
        assert!(EventColumns::of(&[]).topics.is_empty());
    }
}
