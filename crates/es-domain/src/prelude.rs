//! The names that a module with aggregates needs.

#[doc(no_inline)]
pub use crate::{Aggregate, AggregateId, DomainEvent, Event, FreshId, Id, Root, event, events};
#[doc(no_inline)]
pub use serde::{Deserialize, Serialize};
