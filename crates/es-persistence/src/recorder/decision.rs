//! Events with tags, and appends under a condition.

use futures_core::future::BoxFuture;

use super::{ApplicationRecorder, RecorderError};
use crate::{AppendCondition, EventQuery, FoundEvents, TaggedRow};

/// Stores events with tags under a condition, in the same log as the events of aggregates.
///
/// # Contract
///
/// Each sentence names the case of `es-conformance` that holds a recorder to it.
///
/// - A query finds the events that match any of its items, each once, in the order of positions; those of aggregates too.
///   (`decision::every_query_shape_is_found`, `decision::events_of_aggregates_are_found`)
/// - What a query finds is as of one moment. (`contention::a_query_is_read_as_of_one_moment`)
/// - An append whose condition fails stores nothing: an event that matches its query and was not read is there, whoever has
///   stored it. (`decision::a_condition_fails_exactly_when_something_that_matters_is_there`,
///   `decision::plain_saves_make_conditions_fail`)
/// - Of appends that exclude each other, one succeeds. (`contention::one_of_many_decisions_about_the_same_wins`,
///   `contention::no_decision_overlooks_what_came_before_it`)
/// - Appends with tags are events of the log like all others: they are atomic, their positions are adjacent, and a repeated
///   one is the same one. (`decision::events_with_tags_are_in_the_log`, `decision::a_repeated_append_is_one_append`)
pub trait DecisionRecorder: ApplicationRecorder {
    /// Reads the events that match `query`.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_tagged(&self, query: EventQuery) -> BoxFuture<'_, Result<FoundEvents, RecorderError>>;

    /// Stores `events` with their tags in one transaction, in the given order, and returns the position of each. With a
    /// condition it does so only while that holds.
    ///
    /// No events change nothing and return no positions, whatever the condition says.
    ///
    /// # Errors
    ///
    /// [`ConditionFailed`](super::RecorderErrorKind::ConditionFailed) when something that matters has happened;
    /// otherwise as [`insert_events`](super::AggregateRecorder::insert_events).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of the events stored or none.
    fn insert_tagged(
        &self,
        events: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>>;
}
