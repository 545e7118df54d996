//! What a follower is doing.

use std::sync::Arc;

use tokio::sync::watch;

use crate::FollowerError;

/// What a follower is doing in this process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// How far it has come in each log that it follows.
    pub progress: Vec<Progress>,
    /// The last error, until the next transaction succeeds.
    pub last_error: Option<Arc<str>>,
}

/// The state of a follower in this process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State {
    /// It has not taken the lease yet.
    Starting,
    /// Another instance has the lease.
    Standby,
    /// It works through what is in the logs.
    CatchingUp,
    /// It has caught up and takes events as they come.
    Following,
    /// An event has failed, and it waits for the next attempt.
    Retrying,
    /// It cannot go on without help: see [`TaskRunner::resume`](crate::TaskRunner::resume).
    Stopped(FollowerError),
    /// It was stopped.
    Ended,
}

/// How far a follower has come in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The application whose log it is.
    pub upstream: Arc<str>,
    /// The position that is stored.
    pub position: u64,
    /// The last position of the log, when it was looked at last.
    pub target: u64,
}

/// Tells the status to all who watch it.
#[derive(Debug)]
pub(crate) struct Meter(watch::Sender<Status>);

impl State {
    /// Returns the error for which the follower has stopped.
    pub const fn error(&self) -> Option<&FollowerError> {
        match self {
            Self::Stopped(error) => Some(error),
            _ => None,
        }
    }
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Status {
            state: State::Starting,
            progress: Vec::new(),
            last_error: None,
        }))
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    pub(crate) fn status(&self) -> Status {
        self.0.borrow().clone()
    }

    pub(crate) fn enter(&self, state: State) {
        self.0.send_modify(|status| status.state = state);
    }

    /// Work has begun at these positions.
    pub(crate) fn begin(&self, progress: Vec<Progress>) {
        self.0.send_modify(|status| {
            status.progress = progress;
            status.state = State::CatchingUp;
        });
    }

    pub(crate) fn aim(&self, targets: &[u64]) {
        self.0.send_modify(|status| {
            for (progress, target) in status.progress.iter_mut().zip(targets) {
                progress.target = *target;
            }
        });
    }

    /// A transaction has stored `position` of the upstream at `index`.
    pub(crate) fn advance(&self, index: usize, position: u64) {
        self.0.send_modify(|status| {
            status.last_error = None;
            if let Some(progress) = status.progress.get_mut(index) {
                progress.position = position;
                progress.target = progress.target.max(position);
            }
        });
    }

    pub(crate) fn report(&self, error: &str) {
        self.0.send_modify(|status| status.last_error = Some(Arc::from(error)));
    }
}
