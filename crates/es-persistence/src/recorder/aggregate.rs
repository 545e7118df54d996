//! Events by aggregate.

use std::fmt;

use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::{StoredEvent, StreamSelection};

/// Stores events and reads back those of one aggregate.
///
/// # Contract
///
/// - The events of one call are stored together or not at all, whatever happens meanwhile: an error, a kill, a dropped
///   future.
/// - An aggregate has each version once: one that is there already, or twice in one call, is a conflict.
/// - Versions may be skipped, as those of snapshots are; an [`ApplicationRecorder`](super::ApplicationRecorder) is
///   stricter.
/// - What is read is what was written: ID, version, topic and every byte of the state.
/// - Everything that a call has stored is there for every call that begins after it returned.
/// - A UUID and its text are different IDs.
pub trait AggregateRecorder: fmt::Debug + Send + Sync + 'static {
    /// Stores `events` in one transaction, in the given order, and returns the position of each, or no positions where
    /// the recorder has no log.
    ///
    /// No events change nothing and return no positions.
    ///
    /// # Errors
    ///
    /// [`Conflict`](super::RecorderErrorKind::Conflict) when an aggregate has moved on; [`OutcomeUnknown`](super::RecorderErrorKind::OutcomeUnknown) when the store failed and cannot say
    /// whether it has the events; with every other error nothing is stored.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of the events stored or none.
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>>;

    /// Reads the events that `selection` names, in the order of their versions; none when there is no such aggregate.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>>;
}
