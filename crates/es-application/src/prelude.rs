//! The names that a module with an application needs.

#[doc(no_inline)]
pub use crate::{Application, ApplicationError, Environment, EventSet, ExecuteError, Recorded, Selection};
#[doc(no_inline)]
pub use es_domain::{Aggregate, AggregateId, DomainEvent, Event, Id, Metadata};
