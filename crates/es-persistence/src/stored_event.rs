//! An event as stores keep it.

use std::{borrow::Cow, fmt};

use es_domain::{OriginatorId, Timestamp};
use uuid::Uuid;

/// A stored event: one row of the events table, without its position.
///
/// Stores compare IDs, versions and topics. They keep `state`, `metadata` and `hash` as they are, and never look into them.
///
/// ```
/// use es_persistence::{OriginatorId, StoredEvent};
/// # use es_domain::Timestamp;
/// # let event_id = "0190b3c0-7000-7000-8000-000000000001".parse().unwrap();
///
/// let event = StoredEvent::new(OriginatorId::from("rex"), 1, "Dog.Registered", br#"{"name":"Rex"}"#.to_vec())
///     .with_stamp(event_id, "2026-01-02T03:04:05Z".parse::<Timestamp>().unwrap());
/// assert_eq!(event.schema_version, 1);
/// assert_eq!(event.metadata, None);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// The aggregate that the event belongs to.
    pub originator_id: OriginatorId,
    /// The version that the aggregate has after the event: 1, 2, 3, …
    pub originator_version: u64,
    /// The kind of event, as stored for ever.
    pub topic: Cow<'static, str>,
    /// The ID of the event, which no other event has.
    pub event_id: Uuid,
    /// When the event was triggered. Nothing is ordered by it.
    pub timestamp: Timestamp,
    /// The version of the body, from 1: older bodies are brought up to date by upcasters.
    pub schema_version: u16,
    /// The body of the event, transcoded, compressed and encrypted.
    pub state: Vec<u8>,
    /// The metadata of the event, treated like the state; `None` if it has none.
    pub metadata: Option<Vec<u8>>,
    /// The link to the event before it; `None` if the aggregate has no hash chain.
    pub hash: Option<Vec<u8>>,
}

impl StoredEvent {
    /// Makes a row with the nil UUID as event ID and 1970 as time: see [`with_stamp`](Self::with_stamp).
    pub fn new(
        originator_id: OriginatorId,
        originator_version: u64,
        topic: impl Into<Cow<'static, str>>,
        state: Vec<u8>,
    ) -> Self {
        Self {
            originator_id,
            originator_version,
            topic: topic.into(),
            event_id: Uuid::nil(),
            timestamp: Timestamp::UNIX_EPOCH,
            schema_version: 1,
            state,
            metadata: None,
            hash: None,
        }
    }

    /// Sets the ID and the time of the event. Recorders refuse an event whose ID is the nil UUID.
    #[must_use]
    pub fn with_stamp(self, event_id: Uuid, timestamp: Timestamp) -> Self {
        Self {
            event_id,
            timestamp,
            ..self
        }
    }

    /// Sets the version of the body.
    #[must_use]
    pub fn with_schema_version(self, schema_version: u16) -> Self {
        Self { schema_version, ..self }
    }

    /// Sets the metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Option<Vec<u8>>) -> Self {
        Self { metadata, ..self }
    }

    /// Sets the link of the hash chain.
    #[must_use]
    pub fn with_hash(self, hash: Option<Vec<u8>>) -> Self {
        Self { hash, ..self }
    }
}

/// Prints the sizes of state and metadata, not their bytes: they may be confidential.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("originator_id", &self.originator_id)
            .field("originator_version", &self.originator_version)
            .field("topic", &self.topic)
            .field("event_id", &self.event_id)
            .field("timestamp", &self.timestamp)
            .field("schema_version", &self.schema_version)
            .field("state", &format_args!("{} bytes", self.state.len()))
            .field("metadata", &Bytes(self.metadata.as_deref()))
            .field("hash", &Bytes(self.hash.as_deref()))
            .finish()
    }
}

/// Prints how many bytes there are.
pub(crate) struct Bytes<'a>(pub(crate) Option<&'a [u8]>);

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("None"),
            Some(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}
