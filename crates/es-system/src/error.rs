//! Errors of systems.

use std::sync::Arc;

use es_application::ApplicationError;
use es_persistence::RecorderError;
use es_projection::Failure;
use uuid::Uuid;

use crate::system::Mistakes;

/// A system cannot be started or stepped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SystemError {
    /// The system cannot run as it was put together.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// An application of the system cannot be opened.
    #[error("application {name:?} cannot be opened")]
    Open {
        /// The application.
        name: Arc<str>,
        /// The cause.
        #[source]
        source: Box<ApplicationError>,
    },
    /// A follower cannot go on.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// A deadline cannot be met.
    #[error(transparent)]
    Deadline(#[from] DeadlineError),
    /// The system goes on and on: its applications follow each other in a loop that nothing ends.
    #[error("the system has not come to rest within {steps} steps: one of its loops has no end")]
    Restless {
        /// The number of steps.
        steps: usize,
    },
}

/// A follower (a process application or an outbox) cannot go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowerError {
    /// The store of the follower or the log of an application fails.
    #[error("{name} cannot use its store or a log that it follows")]
    Recorder {
        /// The follower.
        name: Arc<str>,
        /// The cause.
        #[source]
        source: RecorderError,
    },
    /// The follower cannot use its own application.
    #[error("{name} cannot use its application")]
    Application {
        /// The follower.
        name: Arc<str>,
        /// The cause.
        #[source]
        source: Arc<ApplicationError>,
    },
    /// An event has failed, and the policy for errors says stop.
    #[error("{name} has stopped")]
    Stopped {
        /// The follower.
        name: Arc<str>,
        /// The event and its error.
        #[source]
        source: Arc<Failure>,
    },
    /// The log does not have the event that the follower has processed last: a backup was restored, or a fail-over has lost
    /// events.
    #[error(
        "the log of {upstream:?} was rewound: the last event that {name} has processed at or below position {position} is {seen}, \
         and the log has {found} there; restore both applications to the same time",
        found = .found.map_or_else(|| "no event".to_owned(), |found| found.to_string())
    )]
    LogRewound {
        /// The follower.
        name: Arc<str>,
        /// The application whose log it is.
        upstream: Arc<str>,
        /// The position that the follower has reached.
        position: u64,
        /// The ID of the last event at or below the position, as the follower has seen it.
        seen: Uuid,
        /// The ID of the last event at or below the position, as the log has it now.
        found: Option<Uuid>,
    },
    /// The follower was stopped.
    #[error("{name} was stopped")]
    Ended {
        /// The follower.
        name: Arc<str>,
    },
}

/// Waiting has ended before what was waited for has come.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The follower cannot go on in this process. Another instance may still go on.
    #[error(transparent)]
    Follower(#[from] FollowerError),
    /// A position cannot be read.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// The first does not follow the second.
    #[error("{follower} does not follow {leader}: name a leader and one of its followers")]
    NotFollowed {
        /// The application that was to have processed something.
        follower: Arc<str>,
        /// The application whose event it was to have processed.
        leader: Arc<str>,
    },
}

/// A deadline cannot be met. It is tried again when something happens to the aggregate, or at the next start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeadlineError {
    /// The aggregate cannot be read or saved.
    #[error("the deadline of {aggregate} {id} cannot be met")]
    Application {
        /// The topic of the aggregate.
        aggregate: &'static str,
        /// The ID of the aggregate.
        id: String,
        /// The cause.
        #[source]
        source: Arc<ApplicationError>,
    },
    /// `expire` has left the deadline as it was.
    #[error("`expire` of {aggregate} {id} leaves the deadline as it is: trigger an event that ends or moves it")]
    Unmoved {
        /// The topic of the aggregate.
        aggregate: &'static str,
        /// The ID of the aggregate.
        id: String,
    },
    /// The code of the aggregate has panicked.
    #[error("the deadline of {aggregate} {id} cannot be met: {message}")]
    Panicked {
        /// The topic of the aggregate.
        aggregate: &'static str,
        /// The ID of the aggregate.
        id: String,
        /// The message of the panic.
        message: String,
    },
    /// The log of the application cannot be read.
    #[error("the deadlines of {aggregate} cannot be read")]
    Unread {
        /// The topic of the aggregates.
        aggregate: &'static str,
        /// The cause.
        #[source]
        source: Arc<ApplicationError>,
    },
}

/// Followers have not stopped by the deadline. They were cut off: what they were storing is stored wholly or not at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not stopped by the deadline, and cut off: {}", .late.join(", "))]
#[non_exhaustive]
pub struct StopError {
    /// The names of the followers.
    pub late: Vec<String>,
}
