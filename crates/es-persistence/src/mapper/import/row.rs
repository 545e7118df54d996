//! A row of the Python library.

use std::fmt;

use es_domain::OriginatorId;

/// A row of the events table of the Python library: the same columns for every store.
#[derive(Clone, PartialEq, Eq)]
pub struct PythonRow {
    /// The column `originator_id`.
    pub originator_id: OriginatorId,
    /// The column `originator_version`.
    pub originator_version: u64,
    /// The column `topic`.
    pub topic: String,
    /// The column `state`.
    pub state: Vec<u8>,
}

/// Prints the size of the state, not the state: it may be confidential.
impl fmt::Debug for PythonRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PythonRow")
            .field("originator_id", &self.originator_id)
            .field("originator_version", &self.originator_version)
            .field("topic", &self.topic)
            .field("state", &format_args!("{} bytes", self.state.len()))
            .finish()
    }
}
