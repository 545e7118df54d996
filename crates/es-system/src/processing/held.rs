//! An aggregate in the hands of a policy.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use es_domain::Aggregate;

use super::unit::Unit;

/// An aggregate in the hands of a policy: it is used as the aggregate itself.
///
/// Dropped, it goes back to the [`Processing`](crate::Processing) that lent it, with its pending events. It must be dropped
/// before the policy returns.
pub struct Held<A: Aggregate> {
    /// `None` while it is dropped, and never else.
    aggregate: Option<A>,
    unit: Arc<Unit>,
    index: usize,
}

impl<A: Aggregate> Held<A> {
    pub(super) const fn new(aggregate: A, unit: Arc<Unit>, index: usize) -> Self {
        let aggregate = Some(aggregate);
        Self { aggregate, unit, index }
    }
}

impl<A: Aggregate> Deref for Held<A> {
    type Target = A;

    fn deref(&self) -> &A {
        self.aggregate.as_ref().expect("it is there until it is dropped")
    }
}

impl<A: Aggregate> DerefMut for Held<A> {
    fn deref_mut(&mut self) -> &mut A {
        self.aggregate.as_mut().expect("it is there until it is dropped")
    }
}

impl<A: Aggregate> Drop for Held<A> {
    fn drop(&mut self) {
        if let Some(aggregate) = self.aggregate.take() {
            self.unit.put_back(self.index, aggregate);
        }
    }
}

impl<A: Aggregate + fmt::Debug> fmt::Debug for Held<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
