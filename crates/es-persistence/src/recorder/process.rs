//! Events that come of other applications' events.

use futures_core::future::BoxFuture;

use super::{ApplicationRecorder, RecorderError, TrackingRecorder};
use crate::{StoredEvent, Tracking};

/// Stores events together with the position of the event they come of.
///
/// # Contract
///
/// - Events and tracking are stored together or not at all: a conflict of either stores neither.
///   (`process::a_conflict_stores_no_tracking`, `process::a_tracked_position_stores_no_events`)
pub trait ProcessRecorder: ApplicationRecorder + TrackingRecorder {
    /// Stores `events` and `tracking` in one transaction, and returns the positions of the events. No events store the
    /// tracking alone.
    ///
    /// # Errors
    ///
    /// As [`insert_events`](super::AggregateRecorder::insert_events) and
    /// [`insert_tracking`](TrackingRecorder::insert_tracking).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of it stored or nothing.
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>>;
}
