//! An event that has been read, on its way to one of ours.

use std::borrow::Cow;

use es_domain::{Event, OriginatorId, ReadEvent, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ImportErrorKind;
use crate::{Mapper, MapperError, StoredEvent};

/// An event of the Python library: what it says of itself, and its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedEvent {
    originator_id: OriginatorId,
    originator_version: u64,
    topic: String,
    timestamp: Timestamp,
    class_version: u64,
    originator_topic: Option<String>,
    fields: Map<String, Value>,
}

impl ImportedEvent {
    pub(super) fn new(row: &StoredEvent, topic: String, state: Value) -> Result<Self, ImportErrorKind> {
        let Value::Object(mut fields) = state else {
            return Err(ImportErrorKind::NoObject);
        };
        let timestamp = match fields.remove("timestamp") {
            Some(Value::String(text)) => text.parse().map_err(ImportErrorKind::Timestamp)?,
            _ => return Err(ImportErrorKind::NoTimestamp),
        };
        let class_version = fields.remove("class_version").as_ref().and_then(Value::as_u64);
        let originator_topic = match fields.remove("originator_topic") {
            Some(Value::String(topic)) => Some(topic),
            _ => None,
        };
        Ok(Self {
            originator_id: row.originator_id.clone(),
            originator_version: row.originator_version,
            topic,
            timestamp,
            class_version: class_version.unwrap_or(1),
            originator_topic,
            fields,
        })
    }

    /// The topic under which it is to become one of our events.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// When it happened.
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The version of its class: 1 unless it was given another. Older ones have other fields.
    pub const fn class_version(&self) -> u64 {
        self.class_version
    }

    /// The class of the aggregate, in the first event of one.
    pub fn originator_topic(&self) -> Option<&str> {
        self.originator_topic.as_deref()
    }

    /// Its fields.
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Its fields, to be renamed or brought up to date.
    pub const fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    /// Turns it into an event of ours; what was stored by an older [class](Self::class_version) is brought up to date
    /// by the event's upcasters, if it has any.
    ///
    /// Its event ID is made of the aggregate's ID and the version: importing twice gives the same event twice.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the topic is none of `E`'s, the ID is of another kind than the aggregate's, or the fields do
    /// not fit.
    pub fn into_event<E: Event>(self) -> Result<ReadEvent<E>, MapperError> {
        let state = json!({
            "event_id": self.event_id(),
            "timestamp": self.timestamp,
            "version": self.class_version,
            "body": self.fields,
        });
        let row = StoredEvent {
            state: state.to_string().into_bytes(),
            originator_id: self.originator_id,
            originator_version: self.originator_version,
            topic: Cow::Owned(self.topic),
        };
        Mapper::default().to_domain(&row)
    }

    /// A UUID of version 8 (RFC 9562), which is what one makes it of.
    fn event_id(&self) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(b"es/import/v1");
        match &self.originator_id {
            OriginatorId::Uuid(uuid) => hash.update([&[1], &uuid.as_bytes()[..]].concat()),
            OriginatorId::Text(text) => hash.update([&[2], text.as_bytes()].concat()),
        }
        hash.update(self.originator_version.to_be_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let [start @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash;
        uuid::Builder::from_custom_bytes(start).into_uuid()
    }
}
