//! Read models: tables that follow the events of applications, and models in memory.
//!
//! A [`Projection`] turns events into rows of tables of its own. A [`ProjectionRunner`] runs it: it works through the log,
//! then follows it live, and stores rows and position in one transaction, so that each event counts exactly once, whatever
//! crashes. A [`ReadModel`] is a value in memory that events change.
//!
//! | to do | look at |
//! |---|---|
//! | keep tables in SQLite or PostgreSQL up to date | [`Projection`], [`ProjectionRunner`], `es_sqlite::views`, `es_postgres::views` |
//! | keep a value in memory up to date | [`ReadModel`], [`InMemory`] |
//! | read what has just been written | [`Running::wait_for`], [`Running::query_at_least`] |
//! | say what happens when an event fails | [`ProjectionRunner::on_error`], [`Remedy`] |
//! | build a read model anew while it is read | [`Running::rebuild`], [`Projection::VERSION`] |
//! | test without a database | [`testing`] |
//! | keep read models in a database of your own kind | [`views`] |

mod error;
mod feed;
mod in_memory;
mod meter;
mod projection;
mod read_model;
mod remedy;
mod runner;
mod running;
mod status;
mod worker;

pub mod prelude;
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use self::{
    error::{DeadlineError, ProjectionError, WaitError},
    in_memory::InMemory,
    projection::Projection,
    read_model::ReadModel,
    remedy::{Failure, Remedy},
    runner::ProjectionRunner,
    running::Running,
    status::{Progress, State, Status},
};
pub use es_persistence::{
    BoxError, EventSet, Recorded, Upstream, views,
    views::{DeadLetter, Disposition, GenerationId, GenerationState, Reading, ViewName, Views},
};
