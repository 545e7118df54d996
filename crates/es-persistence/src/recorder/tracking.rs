//! Positions in the logs of other applications.

use std::{fmt, sync::Arc};

use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::Tracking;

/// Remembers how far the logs of other applications have been processed.
///
/// # Contract
///
/// - The position of an upstream only grows: one that is not greater than the last is refused.
///   (`tracking::positions_only_grow`, `tracking::one_of_many_at_the_same_position_wins`)
/// - Positions may be skipped, and what is skipped can never be tracked later. (`tracking::positions_may_be_skipped_for_good`)
/// - Upstreams do not know of each other. (`tracking::upstreams_do_not_know_of_each_other`)
pub trait TrackingRecorder: fmt::Debug + Send + Sync + 'static {
    /// Stores `tracking`.
    ///
    /// # Errors
    ///
    /// [`AlreadyTracked`](super::RecorderErrorKind::AlreadyTracked) when its position is not greater than the last;
    /// otherwise as [`insert_events`](super::AggregateRecorder::insert_events).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves the tracking stored or not.
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// The last tracking of `upstream`, or `None` when nothing of it has been processed.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>>;

    /// Waits until `upstream` has been processed up to `position`, for as long as it takes: drop the future to give up.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>>;
}
