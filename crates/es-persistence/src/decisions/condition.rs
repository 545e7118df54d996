//! Conditions: nothing that matters has happened since the decision was made.

use crate::{EventQuery, StoredEvent, StoredTag};

/// What was there when a query was read: everything up to a position, and some events beyond it.
///
/// The store that has made a token understands it. One that was never read is that of an empty store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadToken {
    after: u64,
    seen: Vec<u64>,
}

impl ReadToken {
    /// Makes a token for a read that has seen all that will ever be at or below `after`, and beyond that the events at `seen`
    /// of those that matter.
    #[must_use]
    pub fn new(after: u64, seen: Vec<u64>) -> Self {
        Self { after, seen }
    }

    /// The position up to which everything was seen.
    pub const fn after(&self) -> u64 {
        self.after
    }

    /// The positions of the events beyond it that were seen.
    pub fn seen(&self) -> &[u64] {
        &self.seen
    }

    /// Returns `true` if an event at `position` that matches the query was seen.
    pub fn covers(&self, position: u64) -> bool {
        position <= self.after || self.seen.contains(&position)
    }
}

/// The condition of an append: no event that matches the query has come since the token was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppendCondition {
    /// The events that matter.
    pub query: EventQuery,
    /// What was known of them.
    pub token: ReadToken,
}

impl AppendCondition {
    /// Puts a query and what was read of it together.
    #[must_use]
    pub const fn new(query: EventQuery, token: ReadToken) -> Self {
        Self { query, token }
    }

    /// Returns `true` if the event at `position`, which was stored with `tags`, makes the condition fail.
    pub fn is_broken_by(&self, position: u64, event: &StoredEvent, tags: Option<&[StoredTag]>) -> bool {
        !self.token.covers(position) && self.query.matches(event, tags)
    }
}
