//! The task that runs a projection.

mod attempt;
mod halt;
mod letters;
mod opening;
mod policy;
mod rebuild;
mod session;

use std::{fmt, sync::Arc, time::Duration};

use es_domain::{IdSource as _, RandomIds};
use es_persistence::{
    BoxFuture, RecorderError, TrackingKey, Upstream,
    views::{Claim, Generation, Lease, ViewName, Views},
};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use self::{halt::Halt, session::Until};
use crate::{
    Failure, Projection, ProjectionError, Remedy, State,
    meter::{Meter, Part},
    remedy::chain,
};

/// What a projection is run with, without its type.
pub(crate) struct Shared<C> {
    pub(crate) name: &'static str,
    pub(crate) view: ViewName,
    pub(crate) views: Views<C>,
    pub(crate) upstreams: Vec<Arc<dyn Upstream>>,
    pub(crate) settings: Settings,
    pub(crate) meter: Meter,
    /// `true` when the projection is to end.
    pub(crate) stop: watch::Sender<bool>,
    /// Something may have changed: dead letters, the generation that serves, or a stopped projection is to go on.
    pub(crate) poke: Notify,
}

/// How a projection is run.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) on_error: Arc<dyn Fn(&Failure) -> Remedy + Send + Sync>,
    pub(crate) lease: Duration,
    pub(crate) batch: usize,
}

/// What the handle of a running projection asks of its worker.
pub(crate) trait Operate: Send + Sync {
    fn rebuild(self: Arc<Self>) -> BoxFuture<'static, Result<(), ProjectionError>>;
}

/// A projection and what it is run with.
pub(crate) struct Worker<P, C> {
    pub(crate) projection: P,
    pub(crate) shared: Arc<Shared<C>>,
}

/// The longest pause before a store that has failed is tried again.
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl<C: Send + 'static> Shared<C> {
    pub(crate) fn key(&self, index: usize) -> TrackingKey {
        TrackingKey::new(self.name, Arc::clone(self.upstreams[index].name()))
    }

    /// The generation that serves the readers of this version.
    pub(crate) async fn serving(&self) -> Result<Option<Generation>, RecorderError> {
        let all = self.views.store().generations(Arc::clone(&self.view.name)).await?;
        Ok(self.view.serving(&all).cloned())
    }

    pub(crate) fn failed(&self, source: RecorderError) -> ProjectionError {
        ProjectionError::Recorder {
            name: self.name,
            source,
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the projection is to end.
    pub(crate) async fn stopping(&self) {
        let mut stop = self.stop.subscribe();
        // The sender is in `self`.
        let _stopped = stop.wait_for(|stop| *stop).await;
    }

    /// Waits for `pause`, or until something may have changed.
    async fn rest(&self, pause: Duration) {
        tokio::select! {
            _elapsed = timeout(pause, self.poke.notified()) => {}
            () = self.stopping() => {}
        }
    }
}

impl<P: Projection<C>, C: Send + 'static> Worker<P, C> {
    /// Runs until it is told to stop.
    pub(crate) async fn run(self: Arc<Self>) {
        let shared = &*self.shared;
        let claim = Claim::new(RandomIds.next_id(), shared.settings.lease);
        let mut failures = 0;
        while !shared.is_stopping() {
            match self.serve(claim).await {
                Ok(()) | Err(Halt::Lost) => failures = 0,
                Err(Halt::Ended) => break,
                Err(Halt::Stopped(error)) => self.stay_stopped(error).await,
                Err(Halt::Store(error)) => {
                    failures += 1;
                    shared.meter.report(&chain(&error));
                    tracing::warn!(projection = shared.name, error = chain(&error), "trying again");
                    shared.rest(pause_after(failures)).await;
                }
            }
        }
        shared.meter.enter(State::Ended);
    }

    /// Takes the lease, works until something is in the way, and gives it back.
    async fn serve(&self, claim: Claim) -> Result<(), Halt> {
        let shared = &*self.shared;
        let Some((generation, lease)) = self.acquire(claim).await? else {
            shared.meter.enter(State::Standby);
            shared.rest(standby_pause(claim.ttl)).await;
            return Ok(());
        };
        let outcome = self.work(&generation, lease.clone()).await;
        match &outcome {
            // Another instance has the lease, or it is not known who has.
            Ok(()) | Err(Halt::Lost | Halt::Store(_)) => {}
            Err(Halt::Ended) => drop(shared.views.store().release(lease, None).await),
            Err(Halt::Stopped(error)) => drop(shared.views.store().release(lease, Some(chain(error))).await),
        }
        outcome
    }

    async fn acquire(&self, claim: Claim) -> Result<Option<(Generation, Lease)>, Halt> {
        let shared = &*self.shared;
        let generation = match shared.serving().await? {
            Some(generation) => generation,
            None => shared.views.store().build(shared.view.clone()).await?,
        };
        let lease = shared.views.store().acquire(generation.id.clone(), claim).await?;
        Ok(lease.map(|lease| (generation, lease)))
    }

    async fn work(&self, generation: &Generation, lease: Lease) -> Result<(), Halt> {
        let mut session = self.open(lease, Part::Serving).await?;
        session.run(Until::Stopped(generation.state)).await
    }

    /// Waits until it is told to go on.
    async fn stay_stopped(&self, error: ProjectionError) {
        tracing::error!(projection = self.shared.name, error = chain(&error), "stopped");
        self.shared.meter.enter(State::Stopped(error));
        loop {
            tokio::select! {
                () = self.shared.poke.notified() => {}
                () = self.shared.stopping() => return,
            }
            if !matches!(self.shared.meter.status().state, State::Stopped(_)) {
                return;
            }
        }
    }
}

impl<P: Projection<C>, C: Send + 'static> Operate for Worker<P, C> {
    fn rebuild(self: Arc<Self>) -> BoxFuture<'static, Result<(), ProjectionError>> {
        Box::pin(async move { Self::rebuild_beside(&self).await })
    }
}

/// How often an instance that stands by asks for the lease.
fn standby_pause(lease: Duration) -> Duration {
    (lease / 10).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

/// The pause after a number of failures in a row.
fn pause_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (Duration::from_millis(20) * 2_u32.pow(doublings)).min(MAX_PAUSE)
}

impl<C> fmt::Debug for Shared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}
