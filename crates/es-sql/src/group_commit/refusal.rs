//! The reasons why a save has no outcome of a writer.

use std::time::Duration;

use es_persistence::{Operation, RecorderError, RecorderErrorKind};

/// A save has no outcome of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The store was closed before the save was written.
    #[error("the store is closed")]
    Closed,
    /// The writers are gone, and the save was not written.
    #[error("the runtime on which the store was opened has been shut down")]
    Abandoned,
    /// The save waited for longer than it may.
    #[error(
        "the call waited for {waited:?} behind others, and the limit is {limit:?}: the store is overloaded or locked"
    )]
    Late {
        /// How long it waited.
        waited: Duration,
        /// How long it may wait.
        limit: Duration,
    },
    /// The queue had no room for the save for as long as a save may wait.
    #[error("too many calls wait already, and none was begun for {limit:?}: the store is overloaded or locked")]
    Full {
        /// How long it waited for room.
        limit: Duration,
    },
    /// The writer was lost while it had the save.
    #[error("the writer stopped while it was writing: its task panicked or its runtime was shut down")]
    Lost,
}

impl Refusal {
    /// Returns the error for the caller of `operation` in the queue of `store`.
    pub fn into_error(self, store: &'static str, operation: Operation) -> RecorderError {
        let kind = match self {
            Self::Closed | Self::Abandoned => RecorderErrorKind::Closed,
            Self::Late { .. } | Self::Full { .. } => RecorderErrorKind::Unavailable,
            Self::Lost if operation == Operation::SelectEvents => RecorderErrorKind::Unavailable,
            Self::Lost => RecorderErrorKind::OutcomeUnknown,
        };
        RecorderError::new(store, operation, kind).with_source(self)
    }
}
