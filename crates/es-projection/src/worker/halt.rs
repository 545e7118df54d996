//! Why a session ends.

use es_persistence::{RecorderError, RecorderErrorKind};

use crate::ProjectionError;

/// Why a session ends.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Another instance has the lease.
    Lost,
    /// The projection was told to stop.
    Ended,
    /// It cannot go on without help.
    Stopped(ProjectionError),
    /// A store or a log has failed. It is tried again.
    Store(RecorderError),
}

impl From<RecorderError> for Halt {
    fn from(error: RecorderError) -> Self {
        match error.kind() {
            RecorderErrorKind::Fenced(_) => Self::Lost,
            _ => Self::Store(error),
        }
    }
}
