//! Event-sourced aggregates: what they are, what happens to them, and how they are brought back from their events.
//!
//! This crate is the domain layer. It never awaits and does no I/O; how events are stored is another crate's matter.
//!
//! An aggregate is a struct with a [`Root`]; its events are the methods marked with `#[event]`:
//!
//! ```
//! use es_domain::prelude::*;
//!
//! #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
//! pub struct Dog {
//!     root: Root<Self>,
//!     name: String,
//!     tricks: Vec<String>,
//! }
//!
//! #[events]
//! impl Dog {
//!     #[event(Registered)]
//!     pub fn register(name: &str) -> Self {
//!         Self { name: name.to_owned(), ..Self::default() }
//!     }
//!
//!     #[event(TrickAdded)]
//!     pub fn add_trick(&mut self, trick: &str) {
//!         self.tricks.push(trick.to_owned());
//!     }
//! }
//!
//! let mut dog = Dog::register("Fido");
//! dog.add_trick("roll over");
//!
//! assert_eq!(dog.version(), 2);
//! assert_eq!(dog.tricks, ["roll over"]);
//! assert!(matches!(dog.pending_events()[0].body(), DogEvent::Registered { name } if name == "Fido"));
//! ```
//!
//! | to | there is |
//! |---|---|
//! | test what commands do, and notice when stored events change | [`testing`] |
//! | say who did it, and what it follows from | [`Metadata`] |
//! | read events and snapshots of older versions | [`versioning`] |
//! | keep states of aggregates | [`Snapshot`] |
//! | have IDs of your own | [`AggregateId`] |
//! | fix times and IDs of a part of a program | [`Scope`], [`with_clock`], [`with_id_source`] |
//! | write an aggregate without the macros | [`Aggregate`], [`Event`], [`RootAccess`] |
//! | have setters whose changes are events | [`events`], `attributes(…)` |
//! | hear of events inside of a process | [`Publisher`] |
//!
//! The macros only write what can be written by hand; [`styles`] shows other ways to write an aggregate.
//!
//! The derives of `serde` name the crate `serde`, so that a crate with aggregates has it among its dependencies:
//! `serde = { version = "1", features = ["derive"] }`. [`Uuid`] is re-exported.

// The macros name this crate by its path; so do its own tests.
extern crate self as es_domain;

mod aggregate;
mod answer;
mod clock;
mod copies;
mod debugging;
mod domain_event;
mod event;
mod event_hash;
mod id;
mod id_source;
mod id_value;
mod metadata;
mod originator_id;
mod outcome;
mod publisher;
mod read_event;
mod replay;
mod root;
mod root_access;
mod scope;
mod scoped;
mod snapshot;
mod state;
mod timestamp;
mod trigger;
mod upcast;

pub mod prelude;
pub mod styles;
pub mod testing;
pub mod versioning;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use self::{
    aggregate::Aggregate,
    clock::{Clock, SystemClock, with_clock},
    domain_event::{DomainEvent, Stamp},
    event::{ApplyError, Event, EventKind},
    event_hash::{DataIntegrityError, DataIntegrityErrorKind, EventHash, ParseEventHashError},
    id::{AggregateId, FreshId, Id},
    id_source::{IdSource, RandomIds, with_id_source},
    id_value::{IdValue, ParseIdError},
    metadata::{Metadata, with_metadata},
    originator_id::OriginatorId,
    outcome::Outcome,
    publisher::{Publisher, Subscription},
    read_event::ReadEvent,
    replay::{ReplayError, ReplayErrorKind},
    root::Root,
    root_access::RootAccess,
    scope::Scope,
    snapshot::{Snapshot, SnapshotRef, SnapshotVisitor},
    state::{State, StateDeserializer, StateError},
    timestamp::{ParseTimestampError, Timestamp, TimestampRangeError},
    trigger::{TriggerError, TriggerErrorKind},
    upcast::{Cause, RetiredEvent, UpcastError, Upcaster},
};
pub use es_macros::{Aggregate, AggregateId, event, events};
pub use uuid::Uuid;
