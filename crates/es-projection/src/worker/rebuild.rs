//! Building a read model anew beside the one that is read.

use std::{sync::Arc, time::Duration};

use es_domain::{IdSource as _, RandomIds};
use es_persistence::{
    RecorderError, RecorderErrorKind,
    views::{Claim, GenerationId, GenerationState, Lease},
};
use tokio::time::sleep;

use super::{
    Shared, Worker,
    halt::Halt,
    pause_after,
    session::{Session, Until},
};
use crate::{Projection, ProjectionError, State, meter::Part, remedy::chain};

/// How often it is asked whether the first build has caught up.
const PAUSE: Duration = Duration::from_millis(10);

impl<P: Projection<C>, C: Send + 'static> Worker<P, C> {
    /// Builds a generation, or goes on with one whose build was broken off, and puts it in the place of the live one.
    pub(super) async fn rebuild_beside(worker: &Arc<Self>) -> Result<(), ProjectionError> {
        let shared = &*worker.shared;
        let claim = Claim::new(RandomIds.next_id(), shared.settings.lease);
        let mut failures = 0;
        let outcome = loop {
            match worker.build(claim).await {
                Ok(()) => break Ok(()),
                Err(Halt::Store(error)) if is_passing(&error) => {
                    failures += 1;
                    shared.meter.report(&chain(&error));
                    shared.rest(pause_after(failures)).await;
                }
                Err(halt) => break Err(shared.why(halt)),
            }
            if shared.is_stopping() {
                break Err(shared.why(Halt::Ended));
            }
        };
        shared.meter.end_rebuild();
        shared.poke.notify_one();
        outcome
    }

    async fn build(&self, claim: Claim) -> Result<(), Halt> {
        let shared = &*self.shared;
        let store = shared.views.store();
        let live = shared.published().await?;
        let generation = store.build(shared.view.clone()).await?.id;
        let Some(lease) = store.acquire(generation, claim).await? else {
            return Err(shared.already_building());
        };
        let mut session = self.open(lease.clone(), Part::Rebuilding).await?;
        let outcome = self.replace(&mut session, live, claim).await;
        drop(store.release(lease, None).await);
        outcome
    }

    /// Catches up, stops what writes the live generation, catches up with that, and switches.
    ///
    /// Readers never see a position go back: nothing is written to the live generation after its position was read for the
    /// last time.
    async fn replace(&self, session: &mut Session<'_, P, C>, live: GenerationId, claim: Claim) -> Result<(), Halt> {
        let store = self.shared.views.store();
        let targets = session.targets().await?;
        session.run(Until::Reached(targets)).await?;
        loop {
            let seized = store.seize(live.clone(), claim).await?;
            let outcome = self.switch(session, &seized).await;
            drop(store.release(seized, None).await);
            match outcome {
                // The last part took longer than a lease: another instance has gone on with the live generation.
                Err(Halt::Lost) => store.renew(&session.lease).await?,
                outcome => return outcome,
            }
        }
    }

    async fn switch(&self, session: &mut Session<'_, P, C>, live: &Lease) -> Result<(), Halt> {
        let shared = &*self.shared;
        let store = shared.views.store();
        let mut targets = Vec::new();
        for index in 0..shared.upstreams.len() {
            let stored = store.checkpoint(live.generation.clone(), shared.key(index)).await?;
            targets.push(stored.map_or(0, |stored| stored.tracking.position));
        }
        session.run(Until::Reached(targets)).await?;
        store.renew(live).await?;
        Ok(store.publish(session.lease.generation.clone()).await?)
    }
}

impl<C: Send + 'static> Shared<C> {
    /// Waits until the first build has caught up, and returns the generation that is live.
    async fn published(&self) -> Result<GenerationId, Halt> {
        loop {
            match self.serving().await? {
                Some(serving) if serving.state == GenerationState::Live => return Ok(serving.id),
                _ => sleep(PAUSE).await,
            }
            match self.meter.status().state {
                State::Stopped(error) => return Err(Halt::Stopped(error)),
                State::Ended => return Err(Halt::Ended),
                _ => {}
            }
        }
    }

    fn already_building(&self) -> Halt {
        Halt::Stopped(ProjectionError::AlreadyBuilding { name: self.name })
    }

    fn why(&self, halt: Halt) -> ProjectionError {
        match halt {
            Halt::Lost => ProjectionError::AlreadyBuilding { name: self.name },
            Halt::Ended => ProjectionError::Ended { name: self.name },
            Halt::Stopped(error) => error,
            Halt::Store(error) => self.failed(error),
        }
    }
}

/// A store that cannot be reached is waited for; anything else is told at once.
fn is_passing(error: &RecorderError) -> bool {
    error.is_retryable() || *error.kind() == RecorderErrorKind::OutcomeUnknown
}
