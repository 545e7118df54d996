//! Events that fail: the one that does is found, and the policy is asked.

use std::{panic, sync::Arc, time::Duration};

use es_persistence::{
    BoxError, Recorded,
    views::{DeadLetter, Disposition},
};
use tokio::time::{Instant, sleep};

use super::{attempt::Unstored, halt::Halt, session::Session};
use crate::{
    Failure, Projection, ProjectionError, Remedy, State,
    feed::{Mark, decode},
    meter::Part,
    remedy::chain,
};

/// What has become of an event that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    /// It is stored after all.
    Stored,
    /// A letter takes its place.
    Parked,
}

impl<P: Projection<C>, C: Send + 'static> Session<'_, P, C> {
    /// Projects events: all together, or, if that fails, one by one until the event that fails is dealt with, and then the
    /// rest together again.
    pub(super) async fn project(
        &mut self,
        upstream: usize,
        events: &[Recorded<P::Events>],
        mark: Mark,
    ) -> Result<(), Halt> {
        let mut rest = events;
        loop {
            match self.attempt(upstream, rest, mark).await {
                Ok(()) => return Ok(()),
                Err(Unstored::Halted(halt)) => return Err(halt),
                Err(Unstored::Failed(error)) if is_one(rest) => {
                    self.deal_with(upstream, rest, error).await?;
                    rest = &[];
                }
                Err(Unstored::Failed(_)) => rest = self.one_by_one(upstream, rest).await?,
            }
        }
    }

    /// Projects one stored event after the other up to the first that fails, and deals with that. Returns the events after it.
    async fn one_by_one<'e>(
        &mut self,
        upstream: usize,
        events: &'e [Recorded<P::Events>],
    ) -> Result<&'e [Recorded<P::Events>], Halt> {
        let mut rest = events;
        while let Some(first) = rest.first() {
            let parts = rest.iter().take_while(|event| event.position() == first.position());
            let (event, later) = rest.split_at(parts.count());
            rest = later;
            match self.attempt(upstream, event, Mark::at(first)).await {
                Ok(()) => {}
                Err(Unstored::Halted(halt)) => return Err(halt),
                Err(Unstored::Failed(error)) => {
                    self.deal_with(upstream, event, error).await?;
                    return Ok(rest);
                }
            }
        }
        Ok(rest)
    }

    /// Does what the policy says about an event that has failed alone, which may have been split into several.
    async fn deal_with(
        &mut self,
        upstream: usize,
        event: &[Recorded<P::Events>],
        mut error: BoxError,
    ) -> Result<(), Halt> {
        let Some(first) = event.first() else {
            return Err(Unstored::Failed(error).into());
        };
        let mut attempts = 1;
        while self.settle(upstream, first, error, attempts).await? == Settled::Stored {
            match self.attempt(upstream, event, Mark::at(first)).await {
                Ok(()) => return Ok(()),
                Err(Unstored::Halted(halt)) => return Err(halt),
                Err(Unstored::Failed(again)) => error = again,
            }
            attempts += 1;
        }
        Ok(())
    }

    /// As [`deal_with`](Self::deal_with), for an event that cannot be decoded.
    pub(super) async fn project_broken(
        &mut self,
        upstream: usize,
        event: &Recorded,
        mut error: BoxError,
    ) -> Result<(), Halt> {
        let mark = Mark::at(event);
        if self.is_parked(upstream, event.originator()) {
            let letter = self.letter(upstream, event).with_error(chain(&*error), 0);
            return self.put_aside(upstream, letter, mark).await;
        }
        let mut attempts = 1;
        while self.settle(upstream, event, error, attempts).await? == Settled::Stored {
            match decode::<P::Events>(event) {
                Ok(events) => return self.project(upstream, &events, mark).await,
                Err(again) => error = again,
            }
            attempts += 1;
        }
        Ok(())
    }

    /// Asks the policy, and does what it says. `Stored` asks for another attempt.
    async fn settle<E: Sync>(
        &mut self,
        upstream: usize,
        event: &Recorded<E>,
        error: BoxError,
        attempts: u32,
    ) -> Result<Settled, Halt> {
        let name = self.worker.shared.upstreams[upstream].name();
        let failure = Failure::of(name, event, attempts, error);
        self.report(&chain(&failure)).await;
        let disposition = match self.ask(&failure) {
            Remedy::RetryAfter(pause) => {
                self.pause(pause).await?;
                return Ok(Settled::Stored);
            }
            Remedy::Stop => return Err(self.stopped(failure)),
            Remedy::SetAside => Disposition::SetAside,
            Remedy::Skip => Disposition::Skipped,
        };
        let letter = self.letter(upstream, event);
        let letter = letter
            .with_error(chain(&*failure.error), attempts)
            .with_disposition(disposition);
        if disposition == Disposition::SetAside {
            self.parked.insert((upstream, event.originator().clone()));
        }
        self.put_aside(upstream, letter, Mark::at(event)).await?;
        Ok(Settled::Parked)
    }

    async fn put_aside(&mut self, upstream: usize, letter: DeadLetter, mark: Mark) -> Result<(), Halt> {
        self.store_letters(upstream, vec![letter], mark)
            .await
            .map_err(Halt::from)
    }

    /// A policy that panics stops the projection.
    fn ask(&self, failure: &Failure) -> Remedy {
        let on_error = &self.worker.shared.settings.on_error;
        panic::catch_unwind(panic::AssertUnwindSafe(|| on_error(failure))).unwrap_or(Remedy::Stop)
    }

    fn stopped(&self, failure: Failure) -> Halt {
        Halt::Stopped(ProjectionError::Stopped {
            name: self.worker.shared.name,
            source: Arc::new(failure),
        })
    }

    /// Shows an error to all who ask for the status. Nothing depends on whether that works.
    async fn report(&self, error: &str) {
        let shared = &*self.worker.shared;
        tracing::warn!(projection = shared.name, error, "an event has failed");
        shared.meter.report(error);
        drop(shared.views.store().report(&self.lease, error.to_owned()).await);
    }

    /// Waits before another attempt, and keeps the lease meanwhile.
    async fn pause(&self, pause: Duration) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        let before = shared.meter.status().state;
        if self.part == Part::Serving {
            shared.meter.enter(State::Retrying);
        }
        let end = Instant::now() + pause;
        while Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            tokio::select! {
                () = sleep(left.min(self.lease.claim.ttl / 3)) => {}
                () = shared.stopping() => return Err(Halt::Ended),
            }
            shared.views.store().renew(&self.lease).await?;
        }
        if self.part == Part::Serving {
            shared.meter.enter(before);
        }
        Ok(())
    }
}

/// Returns `true` if all are parts of one stored event.
fn is_one<E>(events: &[Recorded<E>]) -> bool {
    events
        .first()
        .is_none_or(|first| events.iter().all(|event| event.position() == first.position()))
}
