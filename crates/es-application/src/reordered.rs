//! Changes whose events are stored in another order than by aggregate.

use es_domain::Metadata;
use es_persistence::{Conflict, Mapper, StoredEvent};

use crate::{
    ApplicationError, Changes, Repository,
    save::{Heads, Revival, Stored},
};

/// Changes whose events are stored in an order of the caller's. The events of one aggregate must keep their order.
#[derive(Debug)]
pub struct Reordered<C> {
    changes: C,
    /// For each event, its index in the order of the aggregates. Events of aggregates that are not named come last.
    order: Vec<usize>,
}

impl<C: Changes> Reordered<C> {
    /// Stores the events of `changes` in this order: each number says which event it is when all are counted by aggregate.
    pub const fn new(changes: C, order: Vec<usize>) -> Self {
        Self { changes, order }
    }
}

impl<C: Changes> Changes for Reordered<C> {
    fn add_metadata(&mut self, metadata: &Metadata) {
        self.changes.add_metadata(metadata);
    }

    fn encode(
        &self,
        mapper: &Mapper,
        events: &mut Vec<StoredEvent>,
        heads: &mut Heads,
    ) -> Result<(), ApplicationError> {
        let mut by_aggregate = Vec::new();
        self.changes.encode(mapper, &mut by_aggregate, heads)?;
        let mut left: Vec<_> = by_aggregate.into_iter().map(Some).collect();
        let named = self.order.iter();
        events.extend(named.filter_map(|index| left.get_mut(*index).and_then(Option::take)));
        events.extend(left.into_iter().flatten());
        Ok(())
    }

    fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a> {
        self.changes.revive(repository, conflict)
    }

    fn saved(&mut self, stored: &mut Stored<'_>) {
        self.changes.saved(stored);
    }
}
