//! What can go wrong in an application.

use es_domain::{AggregateId, OriginatorId, ReplayError, TriggerError};
use es_persistence::{
    ApplicationNameError, Conflict, DatastoreError, EnvironmentError, EventStoreError, MapperError, RecorderError,
};

use crate::{ParseSectionIdError, command_record::MAX_COMMAND_ID};

/// An application cannot do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// No such aggregate has been saved, or its life has ended.
    #[error("there is no {aggregate} {id}")]
    NotFound {
        /// The aggregate's topic.
        aggregate: &'static str,
        /// Its ID.
        id: String,
    },
    /// The ID of a new aggregate belongs to a discarded aggregate, and the initial event does not revive it.
    #[error(
        "{aggregate} {id} cannot be saved as a new aggregate: it was discarded by its event {}; mark its initial event \
         with `revives` if the ID may begin anew",
        conflict.last_version
    )]
    Discarded {
        /// The aggregate's topic.
        aggregate: &'static str,
        /// Its ID.
        id: String,
        /// The conflict that the store has reported.
        conflict: Conflict,
    },
    /// A new aggregate has the ID of an aggregate of another type.
    #[error(
        "{aggregate} {id} cannot be saved: the ID is one of another type of aggregate, which has stored {topic:?}; give \
         each type IDs of its own"
    )]
    IdTaken {
        /// The topic of the new aggregate.
        aggregate: &'static str,
        /// Its ID.
        id: String,
        /// The topic of an event of the other aggregate.
        topic: String,
        /// The conflict that the store has reported.
        conflict: Conflict,
    },
    /// An event was triggered when it could not happen; the aggregate is not saved.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// An aggregate cannot be brought back from its events.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// An event cannot be written or read.
    #[error(transparent)]
    Mapper(#[from] MapperError),
    /// The store fails, or refuses: see its [`kind`](RecorderError::kind).
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// A setting is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The application cannot have its name.
    #[error(transparent)]
    Name(#[from] ApplicationNameError),
    /// The events would be gone after a crash, and `REQUIRE_DURABLE` forbids that.
    #[error(
        "REQUIRE_DURABLE is set, and what the store {module:?} keeps is gone after a crash, as it is set up: choose a durable one \
         by PERSISTENCE_MODULE and its settings"
    )]
    NotDurable {
        /// The store that was chosen.
        module: &'static str,
    },
    /// States would be written plain, and `REQUIRE_ENCRYPTED` forbids that.
    #[error(
        "REQUIRE_ENCRYPTED is set, and states would be written plain: set CIPHER_KEY, and let CIPHER_TOPIC not be none"
    )]
    NotEncrypted,
    /// A command names one aggregate twice.
    #[error("the command names aggregate {id} twice: name each aggregate once")]
    Repeated {
        /// The ID of the aggregate.
        id: OriginatorId,
    },
    /// A text cannot be the ID of a command.
    #[error(
        "{id:?} cannot be the ID of a command: use a text of 1 to {} bytes without NUL, such as a UUID that the caller keeps \
         for all repeats",
        MAX_COMMAND_ID
    )]
    CommandId {
        /// The text; a long one is cut.
        id: String,
    },
    /// The ID of a command was used for a command about other aggregates.
    #[error(
        "command {id:?} was carried out before, and not on aggregate {originator_id}: give each command an ID of its own"
    )]
    CommandIdTaken {
        /// The ID of the command.
        id: String,
        /// The aggregate that the first command was not about.
        originator_id: OriginatorId,
    },
    /// A command was called without a Tokio runtime, or in one without a timer.
    #[error("a command needs a Tokio runtime with a timer: call it from a runtime that was built with `enable_all`")]
    NoRuntime,
    /// A snapshot was to be taken of an application that keeps none.
    #[error("snapshots are switched off: set IS_SNAPSHOTTING_ENABLED to y, or call `snapshot_every` on the builder")]
    SnapshotsDisabled,
    /// The ID of a section of the log cannot be read.
    #[error(transparent)]
    SectionId(#[from] ParseSectionIdError),
}

impl ApplicationError {
    pub(crate) fn not_found<I: AggregateId>(id: &I) -> Self {
        use es_domain::Aggregate as _;

        Self::NotFound {
            aggregate: I::Aggregate::TOPIC,
            id: id.to_string(),
        }
    }

    /// Whether there is no such aggregate.
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Which aggregate has moved on since it was read, or `None` when the error is another.
    pub const fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Recorder(error) => error.conflict(),
            Self::Discarded { conflict, .. } | Self::IdTaken { conflict, .. } => Some(conflict),
            _ => None,
        }
    }
}

impl From<EventStoreError> for ApplicationError {
    fn from(error: EventStoreError) -> Self {
        match error {
            EventStoreError::Mapper(error) => Self::Mapper(error),
            EventStoreError::Recorder(error) => Self::Recorder(error),
            EventStoreError::Replay(error) => Self::Replay(error),
        }
    }
}

impl From<DatastoreError> for ApplicationError {
    fn from(error: DatastoreError) -> Self {
        match error {
            DatastoreError::Environment(error) => Self::Environment(error),
            DatastoreError::Recorder(error) => Self::Recorder(error),
        }
    }
}
