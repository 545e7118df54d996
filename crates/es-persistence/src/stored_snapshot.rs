//! A snapshot as stores keep it.

use std::{borrow::Cow, fmt};

use es_domain::{OriginatorId, Timestamp};

use crate::stored_event::Bytes;

/// A stored snapshot: one row of the snapshots table, the state of an aggregate after one of its events.
///
/// Snapshots are copies. They may be deleted at any time, and a new one replaces an older one of the same version.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSnapshot {
    /// The aggregate.
    pub originator_id: OriginatorId,
    /// The version of the aggregate: that of the event that the snapshot ends at.
    pub originator_version: u64,
    /// The topic of the aggregate's type.
    pub topic: Cow<'static, str>,
    /// When the event that the snapshot ends at was triggered.
    pub timestamp: Timestamp,
    /// The version of the state, from 1: older states are brought up to date by upcasters.
    pub schema_version: u16,
    /// The aggregate, transcoded, compressed and encrypted.
    pub state: Vec<u8>,
    /// The hash that authenticates the snapshot; `None` if the aggregate has no hash chain.
    pub hash: Option<Vec<u8>>,
}

impl StoredSnapshot {
    /// Makes a row with 1970 as time.
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
            timestamp: Timestamp::UNIX_EPOCH,
            schema_version: 1,
            state,
            hash: None,
        }
    }

    /// Sets the time of the event that the snapshot ends at.
    #[must_use]
    pub fn with_timestamp(self, timestamp: Timestamp) -> Self {
        Self { timestamp, ..self }
    }

    /// Sets the version of the state.
    #[must_use]
    pub fn with_schema_version(self, schema_version: u16) -> Self {
        Self { schema_version, ..self }
    }

    /// Sets the hash that authenticates the snapshot.
    #[must_use]
    pub fn with_hash(self, hash: Option<Vec<u8>>) -> Self {
        Self { hash, ..self }
    }
}

/// Prints the size of the state, not its bytes: they may be confidential.
impl fmt::Debug for StoredSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSnapshot")
            .field("originator_id", &self.originator_id)
            .field("originator_version", &self.originator_version)
            .field("topic", &self.topic)
            .field("timestamp", &self.timestamp)
            .field("schema_version", &self.schema_version)
            .field("state", &format_args!("{} bytes", self.state.len()))
            .field("hash", &Bytes(self.hash.as_deref()))
            .finish()
    }
}
