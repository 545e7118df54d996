//! What users of `es-domain` meet: aggregates whose events are methods.
#![expect(unreachable_pub, reason = "the aggregates here are written as in a library")]

mod answers;
mod attributes;
mod conditional;
mod discards;
mod dog;
mod events_lock;
mod given_when_then;
mod hygiene;
mod id_types;
mod ids;
pub mod lints;
mod metadata;
mod names;
mod nesting;
mod older_documents;
mod parameters;
mod properties;
mod publishing;
mod refusals;
mod revivals;
mod root_replaced;
mod round_trip;
mod scope;
mod serde_attributes;
mod snapshots;
mod state;
mod styles;
mod taint;
mod topics;
mod ui;
mod versioning;
mod visibility;

use es_domain::Aggregate;

/// The aggregate that the pending events of `aggregate` bring back.
fn replayed<A: Aggregate>(aggregate: &A) -> A {
    let replayed = A::replay(aggregate.pending_events().to_vec());
    replayed
        .expect("what was triggered can be replayed")
        .expect("there are events")
}
