//! Why work ends.

use std::sync::Arc;

use es_application::ApplicationError;
use es_persistence::{BoxError, RecorderError, RecorderErrorKind};

use super::Shared;
use crate::FollowerError;

/// Why work ends.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Another instance does the work.
    Lost,
    /// The follower was told to stop.
    Ended,
    /// It cannot go on without help.
    Stopped(FollowerError),
    /// A store or a log has failed. It is tried again.
    Store(RecorderError),
}

/// Why a transaction has stored nothing.
#[derive(Debug)]
pub(super) enum Unstored {
    /// The reaction has failed.
    Failed(BoxError),
    /// Somebody else has changed one of the aggregates.
    Conflict(BoxError),
    /// Something else is in the way.
    Halted(Halt),
}

impl From<RecorderError> for Halt {
    fn from(error: RecorderError) -> Self {
        match error.kind() {
            RecorderErrorKind::Fenced(_) | RecorderErrorKind::AlreadyTracked(_) => Self::Lost,
            _ => Self::Store(error),
        }
    }
}

impl From<RecorderError> for Unstored {
    fn from(error: RecorderError) -> Self {
        match error.kind() {
            RecorderErrorKind::Conflict(_) => Self::Conflict(error.into()),
            RecorderErrorKind::Invalid => Self::Failed(error.into()),
            _ => Self::Halted(error.into()),
        }
    }
}

impl From<ApplicationError> for Unstored {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::Recorder(error) => error.into(),
            error => Self::Failed(error.into()),
        }
    }
}

impl Shared {
    /// What an error of the follower's own application means where no event is at fault.
    pub(super) fn unable(&self, error: ApplicationError) -> Halt {
        match error {
            ApplicationError::Recorder(error) => error.into(),
            error => Halt::Stopped(FollowerError::Application {
                name: Arc::clone(&self.name),
                source: Arc::new(error),
            }),
        }
    }
}

impl Unstored {
    /// What it means where no event is at fault.
    pub(super) fn without_event(self, shared: &Shared) -> Halt {
        match self {
            Self::Halted(halt) => halt,
            Self::Failed(error) | Self::Conflict(error) => Halt::Store(
                RecorderError::new(
                    "the store of the follower",
                    es_persistence::Operation::InsertTracking,
                    RecorderErrorKind::Other,
                )
                .with_source(format!("{}: {error}", shared.name)),
            ),
        }
    }
}
