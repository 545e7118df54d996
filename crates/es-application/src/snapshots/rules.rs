//! When snapshots are taken.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use es_domain::Aggregate;

/// When an aggregate of each type has its snapshot taken.
#[derive(Clone, Default)]
pub(crate) struct Rules(HashMap<TypeId, Rule>);

#[derive(Clone)]
enum Rule {
    /// Whenever this many events have been saved; 0 is never.
    Every(u64),
    /// Whenever the user's rule says so, of the aggregate and the number of events that were saved just now.
    When(Arc<UsersRule>),
}

type UsersRule = dyn Fn(&dyn Any, u64) -> bool + Send + Sync;

impl Rules {
    pub(crate) fn every<A: Aggregate>(&mut self, events: u64) {
        self.0.insert(TypeId::of::<A>(), Rule::Every(events));
    }

    pub(crate) fn when<A: Aggregate>(&mut self, rule: impl Fn(&A, u64) -> bool + Send + Sync + 'static) {
        let any = move |aggregate: &dyn Any, events| aggregate.downcast_ref().is_some_and(|own| rule(own, events));
        self.0.insert(TypeId::of::<A>(), Rule::When(Arc::new(any)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if a snapshot is to be taken of an aggregate whose last `events` events were saved just now.
    pub(super) fn is_due<A: Aggregate>(&self, aggregate: &A, events: u64) -> bool {
        match self.0.get(&TypeId::of::<A>()) {
            None => false,
            Some(Rule::Every(interval)) => is_filled(*interval, aggregate.version(), events),
            Some(Rule::When(rule)) => catch_unwind(AssertUnwindSafe(|| rule(aggregate, events))).unwrap_or_else(|_| {
                tracing::warn!(
                    aggregate = A::TOPIC,
                    "the rule of `snapshot_when` has panicked: no snapshot is taken"
                );
                false
            }),
        }
    }
}

/// Returns `true` if the last `events` events of those up to `version` have filled an interval.
fn is_filled(interval: u64, version: u64, events: u64) -> bool {
    let before = version.saturating_sub(events);
    let count = |version: u64| version.checked_div(interval).unwrap_or(0);
    count(version) > count(before)
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("types", &self.0.len()).finish()
    }
}
