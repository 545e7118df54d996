//! Events of a whole application.

use futures_core::future::BoxFuture;

use super::{AggregateRecorder, RecorderError};
use crate::{Capabilities, Notification, Selection, Wakeup};

/// Stores the events of an application and numbers them, so that they can be followed.
///
/// # Contract
///
/// - The versions of an aggregate are 1, 2, 3, … in the order in which they were stored: besides one that is there
///   already, one that would leave a hole is a conflict, too.
/// - Positions start at 1 and grow in the order in which events became readable: a reader that has seen position `n`
///   never later finds a new event at or below `n`.
/// - The events of one call have adjacent positions in the given order and become readable together.
/// - The last position is that of a completed prefix: everything at or below it can be read.
/// - Pages put together are the whole: reading on after the last position of a page misses nothing and repeats nothing.
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
