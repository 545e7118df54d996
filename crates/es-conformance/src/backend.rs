//! What the suite must know about a store.

use std::{error::Error, fmt, future, sync::Arc, time::Duration};

use es_persistence::{BoxFuture, Environment, Persistence};
use futures_util::FutureExt as _;

/// A store under test: its name, the parts that it supports, and empty instances for the cases.
pub trait Backend: Send + Sync + 'static {
    /// Returns the name of the store, such as `sqlite`. It comes before the names of the cases.
    fn name(&self) -> &'static str;

    /// Returns `true` if the store supports `part`. Cases that need another part show as ignored.
    fn supports(&self, part: Part) -> bool;

    /// Makes an empty store that no other case uses, now or later.
    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>>;

    /// Returns the reason if the store is not available on this machine, for example because no server is configured. All
    /// cases then show as ignored.
    fn unavailable(&self) -> Option<String> {
        None
    }

    /// Returns how long a case waits for something that must happen. A case that waits longer fails; no case waits this long
    /// in order to pass.
    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }
}

/// A part of the contract that a store may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Events and the log of an application.
    Events,
    /// Snapshots.
    Snapshots,
    /// Positions of consumers in the logs of upstreams.
    Tracking,
    /// Events that are stored together with tracking.
    Process,
    /// Events with tags, and appends under a condition.
    Decisions,
    /// Waking waiting readers, and with it subscriptions.
    Wakeup,
    /// Positions without holes.
    ContiguousPositions,
    /// Durability: what is stored is there when the store is opened again.
    Durability,
    /// Sharing: the store can be open several times at once, as in several processes.
    Sharing,
}

impl Part {
    pub(crate) const ALL: [Self; 9] = [
        Self::Events,
        Self::Snapshots,
        Self::Tracking,
        Self::Process,
        Self::Decisions,
        Self::Wakeup,
        Self::ContiguousPositions,
        Self::Durability,
        Self::Sharing,
    ];
}

/// An empty store, for one case.
pub struct FreshStore {
    pub(crate) persistence: Arc<dyn Persistence>,
    pub(crate) environment: Environment,
    pub(crate) remove: Remove,
}

pub(crate) type Remove = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

impl FreshStore {
    /// The store that `persistence` opens by `environment`, each time the same one.
    #[must_use]
    pub fn new(persistence: Arc<dyn Persistence>, environment: Environment) -> Self {
        Self {
            persistence,
            environment,
            remove: Box::new(|| future::ready(()).boxed()),
        }
    }

    /// Says how the store is removed when the case has ended, whether it passed or not.
    #[must_use]
    pub fn removed_by(self, remove: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) -> Self {
        Self {
            remove: Box::new(remove),
            ..self
        }
    }

    /// Drops `guard` when the case has ended, and with it what the store is kept in, such as a temporary folder.
    #[must_use]
    pub fn kept_in(self, guard: impl Send + 'static) -> Self {
        self.removed_by(move || {
            drop(guard);
            future::ready(()).boxed()
        })
    }
}

impl fmt::Debug for FreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshStore")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
