//! An event in the application's log.

use crate::StoredEvent;

/// A stored event and its position among all events of the application.
///
/// Positions start at 1 and grow in the order in which events became readable: whoever has seen position `n` never
/// later finds a new event at or below `n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where it stands in the log.
    pub position: u64,
    /// The event.
    pub event: StoredEvent,
}
