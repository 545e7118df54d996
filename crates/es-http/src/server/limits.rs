//! How much one service gives at once.

use std::time::Duration;

/// How much a [`LogService`](super::LogService) gives at once, to one request and to all of them.
///
/// What exceeds a limit of size gets less than it has asked for; what exceeds a limit of number gets status 503 and is to
/// try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) page_len: usize,
    pub(crate) page_bytes: usize,
    pub(crate) reads: usize,
    pub(crate) read_time: Duration,
    pub(crate) send_time: Duration,
    pub(crate) waiting: usize,
    pub(crate) wait: Duration,
    pub(crate) recheck: Duration,
    pub(crate) heartbeat: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_len: 1_000,
            page_bytes: 8 * 1024 * 1024,
            reads: 64,
            read_time: Duration::from_secs(10),
            send_time: Duration::from_mins(1),
            waiting: 4_096,
            wait: Duration::from_mins(1),
            recheck: Duration::from_secs(5),
            heartbeat: Duration::from_secs(15),
        }
    }
}

impl Limits {
    /// Sends at most `len` events in one section or page: 1,000 by default, and never fewer than 1.
    #[must_use]
    pub fn page_len(self, len: usize) -> Self {
        Self {
            page_len: len.max(1),
            ..self
        }
    }

    /// Ends a section or page before the event with which its JSON would be larger than `bytes`: 8 MiB by default. One event
    /// is always sent, however large it is.
    #[must_use]
    pub fn page_bytes(self, bytes: usize) -> Self {
        Self {
            page_bytes: bytes,
            ..self
        }
    }

    /// Serves at most so many requests at once: 64 by default. A request counts until its answer is sent.
    #[must_use]
    pub fn reads(self, reads: usize) -> Self {
        Self { reads, ..self }
    }

    /// Gives up reading the log for one request after `time`: 10 seconds by default.
    #[must_use]
    pub fn read_time(self, time: Duration) -> Self {
        Self {
            read_time: time,
            ..self
        }
    }

    /// Gives up sending one answer after `time`: 60 seconds by default. Tails are not bound by it.
    #[must_use]
    pub fn send_time(self, time: Duration) -> Self {
        Self {
            send_time: time,
            ..self
        }
    }

    /// Holds at most so many tails and waiting requests at once: 4,096 by default.
    #[must_use]
    pub fn waiting(self, waiting: usize) -> Self {
        Self { waiting, ..self }
    }

    /// Lets a request wait for new events for at most `time`, whatever it asks for: 60 seconds by default.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        Self { wait: time, ..self }
    }

    /// Asks the policy again whether a tail or a waiting request may go on, each time `time` has passed: 5 seconds by
    /// default. A permission that has ended ends it by then.
    #[must_use]
    pub fn recheck(self, time: Duration) -> Self {
        Self { recheck: time, ..self }
    }

    /// Sends something on each tail that often, so that nothing on the way takes it for dead: every 15 seconds by default.
    #[must_use]
    pub fn heartbeat(self, time: Duration) -> Self {
        Self {
            heartbeat: time,
            ..self
        }
    }
}
