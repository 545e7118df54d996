//! A log that can be read.

use std::fmt;

use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::{Capabilities, LogPage, Selection, Wakeup};

/// A log that can be read and followed: that of a recorder, or that of an application on another machine.
///
/// # Contract
///
/// Each sentence names the case of `es-conformance` that holds a log to it.
///
/// - Positions start at 1 and grow in the order in which events became readable: a reader that has seen position `n`
///   never later finds a new event at or below `n`. (`ordering::nothing_comes_late`, `sharing::nothing_comes_late`)
/// - The last position is that of a completed prefix: everything at or below it can be read.
///   (`ordering::the_last_position_is_that_of_a_completed_prefix`)
/// - Pages put together are the whole: reading on after the position that a page has reached misses nothing and repeats
///   nothing. (`notification::pages_put_together_are_the_whole`, `ordering::pages_under_writers_miss_nothing`)
/// - A read looks at a bounded part of the log, however rare the selected topics are, and says how far it has looked.
///   (`notification::a_rare_topic_is_found_in_bounded_steps`)
/// - A waiting reader is woken by new events, also by those that other processes store. (`wakeup::tells_whoever_waits`,
///   `sharing::a_subscription_hears_of_what_the_other_stores`)
pub trait ReadableLog: fmt::Debug + Send + Sync + 'static {
    /// Reads the beginning of the part of the log that `selection` names, in the order of positions.
    ///
    /// The page may end before the selection does: because it is full, or because the read has looked at as much of the log
    /// as one read may. In both cases reading on after [`LogPage::reached`] gives the rest. A page that has reached no
    /// further than [`Selection::lower`] is the end of what is stored. A page never reaches beyond the last position or
    /// [`Selection::upper`].
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>>;

    /// Returns the position of the last event, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>>;

    /// Returns a signal that is given whenever there may be new events, also those of other processes.
    fn wakeup(&self) -> Wakeup;

    /// Returns what the log promises beyond this contract.
    fn capabilities(&self) -> Capabilities;
}

/// How many positions a read that selects by topic looks at, at the most.
///
/// It bounds the time and the memory of one read; a rare topic costs more reads, not longer ones.
pub const LOG_WINDOW: u64 = 10_000;
