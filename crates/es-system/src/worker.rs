//! What a follower does: it takes events, lets them have their effect, and stores how far it has come.

mod attempt;
mod caused;
mod desk;
mod failures;
mod halt;
mod opening;
mod retry;
mod session;
mod single;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use es_application::Application;
use es_persistence::{BoxError, BoxFuture, EventSet, ProcessRecorder, Recorded, TrackingKey, Upstream};
use es_projection::{__private::chain, Failure, Remedy};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use self::{
    halt::Halt,
    session::{Held, Session},
};
use crate::{FollowerError, Processing, State, lease::Claim, status::Meter};

pub(crate) use self::{attempt::react_once, single::Stepper};

/// What a follower does with an event.
pub(crate) trait Reaction: Send + Sync + 'static {
    type Events: EventSet;

    /// Whether many events may be taken in one transaction.
    const IN_BATCHES: bool;

    /// Reacts to an event, or to the part with this number of one that was split.
    fn react(
        &self,
        event: &Recorded<Self::Events>,
        part: usize,
        processing: &Processing,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// A follower, without the type of its events.
pub(crate) trait Follower: Send + Sync {
    fn shared(&self) -> &Arc<Shared>;

    /// Works until it is told to stop.
    fn run(self: Arc<Self>) -> BoxFuture<'static, ()>;

    /// Begins to work in steps of the caller.
    fn step_by_step(self: Arc<Self>) -> Box<dyn Stepper>;
}

/// What a follower works with.
pub(crate) struct Shared {
    /// Its name for people.
    pub(crate) name: Arc<str>,
    /// Its name in the rows of tracking.
    pub(crate) consumer: Arc<str>,
    pub(crate) app: Application,
    pub(crate) recorder: Arc<dyn ProcessRecorder>,
    pub(crate) upstreams: Vec<Arc<dyn Upstream>>,
    pub(crate) settings: Settings,
    pub(crate) meter: Arc<Meter>,
    /// `true` when the follower is to end.
    pub(crate) stop: watch::Sender<bool>,
    /// Something may have changed: dead letters, or a stopped follower is to go on.
    pub(crate) poke: Notify,
}

/// How a follower works.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) on_error: OnError,
    pub(crate) lease: Duration,
    pub(crate) batch: usize,
    /// Whether it waits before it tries an event again. Where time stands still it does not.
    pub(crate) is_patient: bool,
}

/// What is done about an event that fails.
pub(crate) type OnError = Arc<dyn Fn(&Failure) -> Remedy + Send + Sync>;

/// A reaction, and what it works with.
pub(crate) struct Worker<R> {
    pub(crate) reaction: Arc<R>,
    pub(crate) shared: Arc<Shared>,
}

/// The longest pause before a store that has failed is tried again.
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl Shared {
    pub(crate) fn key(&self, upstream: usize) -> TrackingKey {
        TrackingKey::new(Arc::clone(&self.consumer), Arc::clone(self.upstreams[upstream].name()))
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the follower is to end.
    async fn stopping(&self) {
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

impl<R: Reaction> Follower for Worker<R> {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn run(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.work().await })
    }

    fn step_by_step(self: Arc<Self>) -> Box<dyn Stepper> {
        Box::new(single::Single::new(self))
    }
}

impl<R: Reaction> Worker<R> {
    async fn work(self: Arc<Self>) {
        let shared = &*self.shared;
        let claim = Claim::new(Arc::clone(&shared.recorder), &shared.name, shared.settings.lease);
        let claim = Arc::new(claim);
        let mut failures = 0;
        while !shared.is_stopping() {
            match self.serve(&claim).await {
                Ok(()) | Err(Halt::Lost) => failures = 0,
                Err(Halt::Ended) => break,
                Err(Halt::Stopped(error)) => self.stay_stopped(error).await,
                Err(Halt::Store(error)) => {
                    failures += 1;
                    shared.meter.report(&chain(&error));
                    tracing::warn!(follower = &*shared.name, error = chain(&error), "trying again");
                    shared.rest(pause_after(failures)).await;
                }
            }
        }
        shared.meter.enter(State::Ended);
    }

    /// Takes the lease, works until something is in the way, and gives it back.
    async fn serve(self: &Arc<Self>, claim: &Arc<Claim>) -> Result<(), Halt> {
        let shared = &*self.shared;
        let Some(lease) = claim.take().await? else {
            shared.meter.enter(State::Standby);
            shared.rest(standby_pause(claim.ttl())).await;
            return Ok(());
        };
        let (claim, lease) = (Arc::clone(claim), Arc::new(lease));
        let held = Held { claim, lease };
        let outcome = self.work_under(held.clone()).await;
        if matches!(outcome, Err(Halt::Ended | Halt::Stopped(_))) {
            // Others wait for the end of the lease if this fails.
            drop(held.claim.release(&held.lease).await);
        }
        outcome
    }

    async fn work_under(self: &Arc<Self>, held: Held) -> Result<(), Halt> {
        let mut session = Session::open(Arc::clone(self), Some(held)).await?;
        session.run().await
    }

    /// Waits until it is told to go on.
    async fn stay_stopped(&self, error: FollowerError) {
        tracing::error!(follower = &*self.shared.name, error = chain(&error), "stopped");
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

/// How often an instance that stands by asks for the lease.
fn standby_pause(lease: Duration) -> Duration {
    (lease / 10).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

/// The pause after a number of failures in a row.
fn pause_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (Duration::from_millis(20) * 2_u32.pow(doublings)).min(MAX_PAUSE)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
