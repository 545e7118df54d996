//! The names that a module with projections needs.

#[doc(no_inline)]
pub use crate::{BoxError, EventSet, InMemory, Projection, ProjectionRunner, ReadModel, Recorded, Remedy, Views};
