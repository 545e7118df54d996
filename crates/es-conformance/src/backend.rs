//! What the suite has to know of a store.

use std::{error::Error, fmt, future, sync::Arc, time::Duration};

use es_persistence::{BoxFuture, Environment, Persistence};
use futures_util::FutureExt as _;

/// A store as the suite sees it: what it can do, and where a case gets an empty one.
pub trait Backend: Send + Sync + 'static {
    /// The name before those of the cases, such as `sqlite`.
    fn name(&self) -> &'static str;

    /// Whether it has `part`; cases that need one that it has not show as ignored.
    fn supports(&self, part: Part) -> bool;

    /// An empty store that no other case uses, at this moment or later.
    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>>;

    /// Why nothing can be tried on this machine, such as a server that is not configured: all cases show as ignored.
    fn unavailable(&self) -> Option<String> {
        None
    }

    /// How long a case waits for what has to come. A case that waits longer fails; none ever waits it out to pass.
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
    /// How far upstreams have been processed.
    Tracking,
    /// Events that are stored together with tracking.
    Process,
    /// Telling that there is something new, and with it subscriptions.
    Wakeup,
    /// Positions without holes.
    ContiguousPositions,
    /// What is stored is there when the store is opened again.
    Durability,
    /// The store can be open several times at once, as in several processes.
    Sharing,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Events,
        Self::Snapshots,
        Self::Tracking,
        Self::Process,
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
