//! An event as stores keep it.

use std::{borrow::Cow, fmt};

use es_domain::OriginatorId;

/// An event as a row: whose it is, which one, what kind, and the bytes that say the rest.
///
/// Stores compare IDs, versions and topics; they never look into the state.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The aggregate that it happened to.
    pub originator_id: OriginatorId,
    /// The version that the aggregate has after it, from 1.
    pub originator_version: u64,
    /// What kind of event it is, as stored.
    pub topic: Cow<'static, str>,
    /// Everything else, as the mapper wrote it.
    pub state: Vec<u8>,
}

/// Prints the size of the state, not the state: it may be confidential.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("originator_id", &self.originator_id)
            .field("originator_version", &self.originator_version)
            .field("topic", &self.topic)
            .field("state", &format_args!("{} bytes", self.state.len()))
            .finish()
    }
}
