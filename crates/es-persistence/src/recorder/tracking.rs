//! Positions in the logs of other applications.

use std::fmt;

use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::{Tracking, TrackingKey};

/// Remembers how far consumers have processed the logs of applications.
///
/// # Contract
///
/// - The position of a consumer in a log only grows: one that is not greater than the last is refused.
///   (`tracking::positions_only_grow`, `tracking::one_of_many_at_the_same_position_wins`)
/// - Positions may be skipped, and what is skipped can never be tracked later. (`tracking::positions_may_be_skipped_for_good`)
/// - Consumers and upstreams do not know of each other. (`tracking::upstreams_do_not_know_of_each_other`,
///   `tracking::consumers_do_not_know_of_each_other`)
/// - The number of the lease only grows: a lower one than the last is refused. (`tracking::a_lower_fence_is_refused`)
pub trait TrackingRecorder: fmt::Debug + Send + Sync + 'static {
    /// Stores `tracking`.
    ///
    /// # Errors
    ///
    /// [`AlreadyTracked`](super::RecorderErrorKind::AlreadyTracked) when its position is not greater than the last;
    /// [`Fenced`](super::RecorderErrorKind::Fenced) when its fence is lower than the last; otherwise as [`insert_events`](super::AggregateRecorder::insert_events).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves the tracking stored or not.
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Returns the last tracking of `key`, or `None` if nothing was processed.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn last_tracking(&self, key: TrackingKey) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>>;

    /// Waits until `key` has reached `position`, for as long as it takes: drop the future to give up.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    fn wait_for_tracking(&self, key: TrackingKey, position: u64) -> BoxFuture<'_, Result<(), RecorderError>>;
}
