//! Errors of projections.

use std::sync::Arc;

use es_persistence::{BoxError, RecorderError, Topics};
use uuid::Uuid;

use crate::Failure;

/// A projection cannot run.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionError {
    /// The runner has nothing to follow.
    #[error("projection {name} follows nothing: call `follow` before `start`")]
    NoUpstream {
        /// The projection.
        name: &'static str,
    },
    /// The runner follows two applications of one name.
    #[error("projection {name} follows two applications called {upstream:?}: give them different names")]
    SameUpstream {
        /// The projection.
        name: &'static str,
        /// The name of both.
        upstream: Arc<str>,
    },
    /// The store of read models or the log of an application fails.
    #[error("projection {name} cannot use its read model or its log")]
    Recorder {
        /// The projection.
        name: &'static str,
        /// The cause.
        #[source]
        source: RecorderError,
    },
    /// The tables could not be made.
    #[error("projection {name} cannot make its tables")]
    Create {
        /// The projection.
        name: &'static str,
        /// The error of `create`.
        #[source]
        source: Arc<BoxError>,
    },
    /// An event could not be taken, and the policy says stop.
    #[error("projection {name} has stopped")]
    Stopped {
        /// The projection.
        name: &'static str,
        /// The event and its error.
        #[source]
        source: Arc<Failure>,
    },
    /// The log does not have the event that the read model has seen last: a backup was restored, or a fail-over has lost
    /// events. Rebuild the read model.
    #[error(
        "the log of {upstream:?} was rewound: the last event that {name} has seen at or below position {position} is {seen}, and the log has {found} there; rebuild the read model",
        found = .found.map_or_else(|| "no event".to_owned(), |found| found.to_string())
    )]
    LogRewound {
        /// The projection.
        name: &'static str,
        /// The application whose log it is.
        upstream: Arc<str>,
        /// The position that the read model has reached.
        position: u64,
        /// The ID of the last event at or below the position, as the read model has seen it.
        seen: Uuid,
        /// The ID of the last event at or below the position, as the log has it now.
        found: Option<Uuid>,
    },
    /// The set of events has got topics of which there are events that the read model has passed over.
    #[error(
        "projection {name} now selects {added:?}, and the event at position {position} of {upstream:?} was passed over; raise its VERSION"
    )]
    SetHasGrown {
        /// The projection.
        name: &'static str,
        /// The application whose log it is.
        upstream: Arc<str>,
        /// What was added to the set.
        added: Topics,
        /// The first event of it, which the read model has not seen.
        position: u64,
    },
    /// The set of events lacks topics that the read model has been built of: maybe this is an older program than the one that
    /// has written it.
    #[error(
        "projection {name} no longer selects {removed:?} of {upstream:?}: start the program that does, or raise its VERSION"
    )]
    SetHasShrunk {
        /// The projection.
        name: &'static str,
        /// The application whose log it is.
        upstream: Arc<str>,
        /// What the set lacks.
        removed: Topics,
    },
    /// Another instance is rebuilding the read model.
    #[error("the read model of {name} is being rebuilt already: wait until that is finished")]
    AlreadyBuilding {
        /// The projection.
        name: &'static str,
    },
    /// The projection was stopped.
    #[error("projection {name} was stopped")]
    Ended {
        /// The projection.
        name: &'static str,
    },
}

/// Waiting for a position has ended before the position was reached.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The time is over.
    #[error("position {wanted} was not reached in time; the read model is at {reached}")]
    TimedOut {
        /// The position that was waited for.
        wanted: u64,
        /// The position of the read model.
        reached: u64,
    },
    /// This instance cannot go on. Another instance may still reach the position.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The positions cannot be read.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// The projection does not follow an application of this name.
    #[error("the projection does not follow an application called {upstream:?}")]
    UnknownUpstream {
        /// The name.
        upstream: String,
    },
}

/// A projection has not ended by its deadline. It was cut off: what it was writing is rolled back, and other instances wait
/// for the end of its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the projection did not stop by its deadline and was cut off")]
pub struct DeadlineError;
