//! Databases that keep read models, each with how far it has come.
//!
//! A read model is built by one version of one projection ([`ViewName`]). Each build of it is a [`Generation`] with tables of
//! its own: a schema on PostgreSQL, a file on SQLite. One generation serves readers while the next one is built beside it.
//! A [`ViewStore`] keeps generations, the lease of the instance that writes, positions and dead letters.

mod checkpoint;
mod dead_letter;
mod generation;
mod lease;
mod memory;
mod reading;
mod status;
mod store;
mod transaction;

pub use self::{
    checkpoint::Checkpoint,
    dead_letter::{DeadLetter, Disposition},
    generation::{Generation, GenerationId, GenerationState, ViewName},
    lease::{Claim, Lease},
    memory::memory_views,
    reading::Reading,
    status::ViewStatus,
    store::{ViewStore, Views},
    transaction::ViewTransaction,
};
