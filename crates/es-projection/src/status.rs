//! What a running projection is doing.

use std::{sync::Arc, time::Duration};

use crate::ProjectionError;

/// What a projection is doing in this process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// The number of the generation that it writes, or 0 if it has not written yet.
    pub generation: u32,
    /// How far it has come in each log that it follows.
    pub progress: Vec<Progress>,
    /// How far a rebuild has come that was asked for here, in each log; empty if there is none.
    pub rebuilding: Vec<Progress>,
    /// The last error, until the next transaction succeeds.
    pub last_error: Option<Arc<str>>,
}

/// The state of a projection in this process.
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
    /// It cannot go on without help: see [`Running::resume`](crate::Running::resume).
    Stopped(ProjectionError),
    /// It was stopped.
    Ended,
}

/// How far a read model has come in one log.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The application whose log it is.
    pub upstream: Arc<str>,
    /// The position that is stored.
    pub position: u64,
    /// The last position of the log, when it was looked at last.
    pub target: u64,
    /// Positions that were passed per second, on average since it began to catch up.
    pub rate: f64,
}

impl Progress {
    pub(crate) const fn new(upstream: Arc<str>, position: u64, target: u64) -> Self {
        Self {
            upstream,
            position,
            target,
            rate: 0.0,
        }
    }

    /// Returns how many positions are left.
    pub const fn left(&self) -> u64 {
        self.target.saturating_sub(self.position)
    }

    /// Returns how long the rest takes at the present rate, or `None` if the rate is not known yet.
    pub fn remaining(&self) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
        let seconds = self.left() as f64 / self.rate;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl State {
    /// Returns the error for which the projection has stopped.
    pub const fn error(&self) -> Option<&ProjectionError> {
        match self {
            Self::Stopped(error) => Some(error),
            _ => None,
        }
    }
}

impl Status {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Starting,
            generation: 0,
            progress: Vec::new(),
            rebuilding: Vec::new(),
            last_error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_what_the_rate_says() {
        let mut progress = Progress::new("School".into(), 400, 1000);
        assert_eq!(progress.remaining(), None);
        progress.rate = 300.0;
        assert_eq!(progress.remaining(), Some(Duration::from_secs(2)));
    }
}
