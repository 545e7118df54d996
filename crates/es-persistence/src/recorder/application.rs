//! Events of a whole application.

use futures_core::future::BoxFuture;

use super::{AggregateRecorder, RecorderError};
use crate::{Capabilities, Notification, Selection, Wakeup};

/// Stores the events of an application and numbers them, so that they can be followed.
///
/// # Contract
///
/// - The versions of an aggregate are 1, 2, 3, … in the order in which they were stored: besides one that is there
///   already, one that would leave a hole is a conflict, too. (`version::one_that_leaves_a_hole_is_a_conflict`)
/// - Positions start at 1 and grow in the order in which events became readable: a reader that has seen position `n`
///   never later finds a new event at or below `n`. (`ordering::nothing_comes_late`, `sharing::nothing_comes_late`)
/// - The events of one call have adjacent positions in the given order and become readable together.
///   (`ordering::events_of_a_save_are_adjacent`, `ordering::events_of_a_save_become_readable_together`)
/// - The last position is that of a completed prefix: everything at or below it can be read.
///   (`ordering::the_last_position_is_that_of_a_completed_prefix`)
/// - Pages put together are the whole: reading on after the last position of a page misses nothing and repeats nothing.
///   (`notification::pages_put_together_are_the_whole`, `ordering::pages_under_writers_miss_nothing`)
/// - Whoever waits is woken by what is stored, also by other processes. (`wakeup::tells_whoever_waits`,
///   `sharing::a_subscription_hears_of_what_the_other_stores`)
pub trait ApplicationRecorder: AggregateRecorder {
    /// Reads the part of the log that `selection` names, in the order of positions.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>>;

    /// The position of the last event, or `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>>;

    /// Tells from now on that there may be something new, also what other processes store.
    fn wakeup(&self) -> Wakeup;

    /// What it promises beyond this contract.
    fn capabilities(&self) -> Capabilities;
}
