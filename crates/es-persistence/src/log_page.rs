//! A page of the application's log.

use crate::Notification;

/// The notifications that one read has found, and the position up to which the read has looked.
///
/// Reading on after `reached` misses nothing and repeats nothing. A page may be empty and have moved on all the same: a
/// read that selects by topic looks at a bounded part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogPage {
    /// What was selected, in the order of positions.
    pub notifications: Vec<Notification>,
    /// Everything that was selected at or below this position is in this page or was before it.
    pub reached: u64,
}

impl LogPage {
    /// Makes a page that has looked at everything up to `reached`.
    pub const fn new(notifications: Vec<Notification>, reached: u64) -> Self {
        Self { notifications, reached }
    }
}
