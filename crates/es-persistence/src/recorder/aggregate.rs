//! Events by aggregate.

use std::fmt;

use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::{StoredEvent, StreamSelection};

/// Stores events and reads back those of one aggregate.
///
/// # Contract
///
/// Each sentence names the case of `es-conformance` that holds a recorder to it.
///
/// - The events of one call are stored together or not at all, whatever happens meanwhile: an error, a kill, a dropped
///   future. (`append::is_atomic`, `cancellation::a_dropped_save_is_stored_wholly_or_not_at_all`)
/// - The versions of an aggregate are 1, 2, 3, … in the order in which they were stored: a version that is there already,
///   comes twice in one call, or would leave a hole is a conflict. (`version::one_that_is_there_is_a_conflict`,
///   `version::a_repeat_in_one_call_is_a_conflict`, `version::one_that_leaves_a_hole_is_a_conflict`)
/// - Of many callers that store the same version, one succeeds. (`concurrency::one_of_many_at_the_same_version_wins`)
/// - A save that is repeated with the same event IDs is one save: the second call returns the positions of the first.
///   (`append::a_repeated_save_is_one_save`)
/// - What is read is what was written, in every column. (`append::keeps_every_byte`)
/// - Everything that a call has stored is there for every call that begins after it returned.
///   (`append::is_readable_when_it_returns`)
/// - A UUID and its text are different IDs. (`append::keeps_text_and_uuid_apart`)
pub trait AggregateRecorder: fmt::Debug + Send + Sync + 'static {
    /// Stores `events` in one transaction, in the given order, and returns the position of each.
    ///
    /// No events change nothing and return no positions. (`append::empty_is_a_noop`)
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
    /// (`select::ascends_by_version`, `select::an_unknown_aggregate_has_no_events`)
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
