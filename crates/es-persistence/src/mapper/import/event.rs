//! An event that has been read, on its way to one of ours.

use std::fmt;

use es_domain::{Event, OriginatorId, ReadEvent, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{ImportErrorKind, PythonRow};
use crate::{Mapper, MapperError, StoredEvent, cipher::RecordKind};

/// An event of the Python library: what it says of itself, and its fields.
#[derive(Clone, PartialEq)]
pub struct ImportedEvent {
    originator_id: OriginatorId,
    originator_version: u64,
    topic: String,
    timestamp: Timestamp,
    class_version: u64,
    originator_topic: Option<String>,
    fields: Map<String, Value>,
    /// The row was encrypted, so that errors must not quote its state.
    is_confidential: bool,
}

impl ImportedEvent {
    pub(super) fn new(
        row: &PythonRow,
        topic: String,
        state: Value,
        is_confidential: bool,
    ) -> Result<Self, ImportErrorKind> {
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
            is_confidential,
        })
    }

    /// Returns our topic of the event.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Returns the time of the event.
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Returns the version of the event's class: 1 unless the class has another. Older versions have other fields.
    pub const fn class_version(&self) -> u64 {
        self.class_version
    }

    /// Returns the class of the aggregate, which the first event of an aggregate has.
    pub fn originator_topic(&self) -> Option<&str> {
        self.originator_topic.as_deref()
    }

    /// Returns the event's fields.
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Returns the event's fields, to be renamed or brought up to date.
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
    pub fn to_event<E: Event>(&self) -> Result<ReadEvent<E>, MapperError> {
        let row = self.row(Value::Object(self.fields.clone()).to_string().into_bytes());
        let event = Mapper::default().to_domain(&row);
        event.map_err(|error| {
            if self.is_confidential {
                error.without_content()
            } else {
                error
            }
        })
    }

    /// Turns it into a row of this library, as `mapper` writes rows. The body stays as it was stored, so that events that
    /// are [retired](es_domain::RetiredEvent), and read as several or none, can be imported too.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event cannot be written.
    pub fn to_stored(&self, mapper: &Mapper) -> Result<StoredEvent, MapperError> {
        let mut row = self.row(Vec::new());
        row.state = mapper.write(&row, RecordKind::Event, &self.fields)?;
        Ok(row)
    }

    fn row(&self, state: Vec<u8>) -> StoredEvent {
        StoredEvent::new(
            self.originator_id.clone(),
            self.originator_version,
            self.topic.clone(),
            state,
        )
        .with_stamp(self.event_id(), self.timestamp)
        .with_schema_version(u16::try_from(self.class_version).unwrap_or(u16::MAX))
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

/// Prints the names of the fields, not their values: they may be confidential.
impl fmt::Debug for ImportedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportedEvent")
            .field("originator_id", &self.originator_id)
            .field("originator_version", &self.originator_version)
            .field("topic", &self.topic)
            .field("timestamp", &self.timestamp)
            .field("class_version", &self.class_version)
            .field("originator_topic", &self.originator_topic)
            .field("fields", &self.fields.keys())
            .finish_non_exhaustive()
    }
}
