//! An event in the application's log.

use crate::StoredEvent;

/// A stored event and its position among all events of the application.
///
/// Positions start at 1 and grow in the order in which events became readable: a reader that has seen position `n` never
/// later finds a new event at or below `n`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The event's position in the log.
    pub position: u64,
    /// The event.
    pub event: StoredEvent,
}

impl Notification {
    /// Makes the notification of `event` at `position`.
    pub const fn new(position: u64, event: StoredEvent) -> Self {
        Self { position, event }
    }
}
