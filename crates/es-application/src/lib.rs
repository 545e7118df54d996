//! An application: aggregates that are saved, found again and followed.
//!
//! [`Application`] joins a store, chosen by the [`Environment`], to the aggregates of the domain. No type of a store
//! appears here or in what users write: the same program runs in memory, on SQLite and on PostgreSQL.
//!
//! ```
//! use es_application::prelude::*;
//! # use es_domain::prelude::*;
//! #
//! # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
//! # pub struct Dog { root: Root<Self>, tricks: Vec<String> }
//! #
//! # #[events]
//! # impl Dog {
//! #     #[event(Registered)]
//! #     pub fn register() -> Self { Self::default() }
//! #     #[event(TrickAdded)]
//! #     pub fn add_trick(&mut self, trick: &str) { self.tricks.push(trick.to_owned()); }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ApplicationError> {
//! let app = Application::builder("DogSchool").open().await?;
//!
//! let mut dog = Dog::register();
//! app.save(&mut dog).await?;
//! app.execute(dog.id(), |dog| dog.add_trick("roll over")).await?;
//!
//! let copy = app.repository().get(dog.id()).await?;
//! assert_eq!(copy.tricks, ["roll over"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Cargo features
//!
//! All are on by default: `encryption` (AES-256-GCM), `messagepack`, `zlib` and `zstd`. With `default-features = false` a
//! program that keeps its events in memory compiles no C. The crates of the stores have the same features: a feature is on
//! in a program if any of its crates asks for it. A setting or a stored state that needs a feature which is off is an error
//! that names the feature.

mod application;
mod builder;
mod cache;
mod command_record;
mod error;
mod execute;
mod finding;
mod guards;
mod hooks;
mod in_scope;
mod notification_log;
mod once;
mod prepare;
mod processed;
mod reordered;
mod repository;
mod revival;
mod save;
mod section;
mod snapshots;
mod snapshotting;
mod subscription;
mod targets;
mod turns;
mod upstream;
mod verification;

pub mod prelude;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use self::{
    application::Application,
    builder::ApplicationBuilder,
    error::ApplicationError,
    execute::{ExecuteError, Executed, Retries},
    finding::IdPage,
    in_scope::InScope,
    notification_log::NotificationLog,
    once::Once,
    prepare::Prepared,
    repository::Repository,
    save::Changes,
    section::{ParseSectionIdError, Section},
    subscription::Subscription,
    targets::{One, Several, Targets},
    verification::{Damage, DamageKind, Progress, Verification, Verified, VerifyError},
};
pub use es_persistence::{
    Environment, EventSet, Recorded, RecordedPage, Selection, Stopper, Topics, Undecoded, Upstream,
};

#[doc = include_str!("../../es-macros/docs/event_set.md")]
pub use es_domain::__private::EventSet;

/// The example of the guide to hash chains, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/hash-chains.md")]
struct HashChains;

/// The example of the README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
