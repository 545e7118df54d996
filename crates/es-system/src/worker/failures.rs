//! Events that fail: the one that does is found, and the policy for errors is asked.

use std::{panic, sync::Arc, time::Duration};

use es_persistence::{BoxError, Recorded};
use es_projection::{
    __private::{Mark, chain, decode},
    Failure, Remedy,
};
use tokio::time::{Instant, sleep};

use super::{
    Reaction,
    attempt::With,
    halt::{Halt, Unstored},
    session::Session,
};
use crate::{FollowerError, State, letters::Note};

/// What is to be done about an event that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    /// It is tried again.
    Again,
    /// A letter has taken its place.
    Parked,
}

impl<R: Reaction> Session<R> {
    /// Processes events: all together, or, if that fails, one by one until the event that fails is dealt with, and then the
    /// rest together again. Returns how many events have come of it.
    ///
    /// The first event of a session is processed alone, and its own position is stored with it. If another instance has processed
    /// it, that position is refused; otherwise the fence is stored, and from then on nothing of an earlier lease is accepted. A
    /// batch would not do: the store accepts each position that is greater than the last, also beyond events that another
    /// instance has processed.
    pub(super) async fn process(
        &mut self,
        upstream: usize,
        events: &[Recorded<R::Events>],
        mark: Mark,
    ) -> Result<usize, Halt> {
        let (mut rest, mut produced) = (events, 0);
        while !rest.is_empty() {
            if R::IN_BATCHES && self.tracks[upstream].is_ours && !is_one(rest) {
                match self.attempt(upstream, rest, mark).await {
                    Ok(more) => return Ok(produced + more),
                    Err(Unstored::Halted(halt)) => return Err(halt),
                    // One after the other shows which event is at fault.
                    Err(Unstored::Failed(_) | Unstored::Conflict(_)) => {}
                }
            }
            produced += self.one_by_one(upstream, &mut rest, mark).await?;
        }
        Ok(produced)
    }

    /// Processes one stored event after the other, up to the first that fails, and deals with that, or up to the first of a
    /// session. Leaves the events after it in `rest`.
    async fn one_by_one(
        &mut self,
        upstream: usize,
        rest: &mut &[Recorded<R::Events>],
        mark: Mark,
    ) -> Result<usize, Halt> {
        let mut produced = 0;
        while let Some(first) = rest.first() {
            let parts = rest.iter().take_while(|event| event.position() == first.position());
            let (event, later) = rest.split_at(parts.count());
            *rest = later;
            let was_ours = self.tracks[upstream].is_ours;
            let is_last = later.is_empty() && was_ours;
            let mark = if is_last { mark } else { Mark::at(first) };
            match self.attempt(upstream, event, mark).await {
                Ok(more) if was_ours => produced += more,
                Ok(more) => return Ok(produced + more),
                Err(Unstored::Halted(halt)) => return Err(halt),
                Err(Unstored::Failed(error) | Unstored::Conflict(error)) => {
                    return Ok(produced + self.deal_with(upstream, event, first, error).await?);
                }
            }
        }
        Ok(produced)
    }

    /// Does what the policy says about an event that has failed alone; it may have been split into several parts.
    async fn deal_with(
        &mut self,
        upstream: usize,
        parts: &[Recorded<R::Events>],
        first: &Recorded<R::Events>,
        mut error: BoxError,
    ) -> Result<usize, Halt> {
        let mut attempts = 1;
        while self.settle(upstream, first, error, attempts).await? == Settled::Again {
            match self.attempt(upstream, parts, Mark::at(first)).await {
                Ok(produced) => return Ok(produced),
                Err(Unstored::Halted(halt)) => return Err(halt),
                Err(Unstored::Failed(again) | Unstored::Conflict(again)) => error = again,
            }
            attempts += 1;
        }
        Ok(0)
    }

    /// As [`deal_with`](Self::deal_with), for an event that cannot be decoded.
    pub(super) async fn process_broken(
        &mut self,
        upstream: usize,
        event: &Recorded,
        mut error: BoxError,
    ) -> Result<usize, Halt> {
        let mark = Mark::at(event);
        if self.is_parked(upstream, event.originator()) {
            let note = Note::about(event, chain(&*error), 0);
            self.put_aside(upstream, note, mark).await?;
            return Ok(0);
        }
        let mut attempts = 1;
        while self.settle(upstream, event, error, attempts).await? == Settled::Again {
            match decode::<R::Events>(event) {
                Ok(events) => return self.process(upstream, &events, mark).await,
                Err(again) => error = again,
            }
            attempts += 1;
        }
        Ok(0)
    }

    /// Asks the policy, and does what it says.
    async fn settle<E: Sync>(
        &mut self,
        upstream: usize,
        event: &Recorded<E>,
        error: BoxError,
        attempts: u32,
    ) -> Result<Settled, Halt> {
        let shared = Arc::clone(&self.worker.shared);
        let name = shared.upstreams[upstream].name();
        let failure = Failure::of(name, event, attempts, error);
        let text = chain(&failure);
        tracing::warn!(follower = &*shared.name, error = text, "an event has failed");
        shared.meter.report(&text);
        let is_skipped = match self.ask(&failure) {
            Remedy::RetryAfter(pause) => {
                self.pause(pause).await?;
                return Ok(Settled::Again);
            }
            Remedy::SetAside => false,
            Remedy::Skip => true,
            _stop => return Err(self.stopped(failure)),
        };
        let mut note = Note::about(event, chain(&*failure.error), attempts);
        note.is_skipped = is_skipped;
        self.put_aside(upstream, note, Mark::at(event)).await?;
        if !is_skipped {
            self.parked.insert((upstream, event.originator().clone()));
        }
        Ok(Settled::Parked)
    }

    async fn put_aside(&mut self, upstream: usize, note: Note, mark: Mark) -> Result<(), Halt> {
        let nothing: &[&Recorded<R::Events>] = &[];
        let with = With {
            notes: &[note],
            mark: Some(mark),
            settled: None,
        };
        let stored = self.store(upstream, nothing, with).await;
        stored.map_err(|error| error.without_event(&self.worker.shared))?;
        Ok(())
    }

    /// A policy that panics stops the follower.
    fn ask(&self, failure: &Failure) -> Remedy {
        let on_error = &self.worker.shared.settings.on_error;
        panic::catch_unwind(panic::AssertUnwindSafe(|| on_error(failure))).unwrap_or(Remedy::Stop)
    }

    fn stopped(&self, failure: Failure) -> Halt {
        Halt::Stopped(FollowerError::Stopped {
            name: Arc::clone(&self.worker.shared.name),
            source: Arc::new(failure),
        })
    }

    /// Waits before another attempt, and keeps the lease meanwhile.
    async fn pause(&self, pause: Duration) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        if !shared.settings.is_patient {
            return Ok(());
        }
        let before = shared.meter.status().state;
        shared.meter.enter(State::Retrying);
        let end = Instant::now() + pause;
        while Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            tokio::select! {
                () = sleep(left.min(shared.settings.lease / 3)) => {}
                () = shared.stopping() => return Err(Halt::Ended),
            }
            self.renew().await?;
        }
        shared.meter.enter(before);
        Ok(())
    }
}

/// Returns `true` if all are parts of one stored event.
fn is_one<E>(events: &[Recorded<E>]) -> bool {
    events
        .first()
        .is_none_or(|first| events.iter().all(|event| event.position() == first.position()))
}
