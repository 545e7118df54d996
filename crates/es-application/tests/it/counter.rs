//! An aggregate that tells how many of its events are applied.

use std::{cell::Cell, future::Future};

use es_domain::prelude::*;

thread_local! {
    /// How many events have been applied on this thread.
    static APPLIED: Cell<u64> = const { Cell::new(0) };
}

/// What counts how often it counts.
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(topic = "Counter", hash_chain)]
pub(crate) struct Counter {
    root: Root<Self>,
    pub(crate) count: u64,
}

#[events(derive(PartialEq))]
impl Counter {
    #[event(Started)]
    pub(crate) fn start() -> Self {
        APPLIED.set(APPLIED.get() + 1);
        Self::default()
    }

    #[event(Counted)]
    pub(crate) fn count(&mut self) {
        APPLIED.set(APPLIED.get() + 1);
        self.count += 1;
    }

    #[event(Stopped, discards)]
    pub(crate) fn stop(&mut self) {}
}

/// What `work` comes to, and how many events were applied for it.
pub(crate) async fn applying<T>(work: impl Future<Output = T>) -> (T, u64) {
    APPLIED.set(0);
    let value = work.await;
    (value, APPLIED.get())
}
