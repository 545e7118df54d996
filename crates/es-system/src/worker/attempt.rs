//! One transaction: the effect of events, letters and the position together.

use std::{panic::AssertUnwindSafe, time::Duration};

use es_application::{Application, Changes};
use es_persistence::{BoxError, Recorded, Tracking};
use es_projection::__private::{Mark, panicked};
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{
    Reaction,
    caused::Caused,
    halt::{Halt, Unstored},
    session::{Held, Session},
};
use crate::{
    Processing,
    letters::{Attempted, Letters, Note},
};

/// How often a transaction is tried that others are faster than, before the event counts as failed.
const CONFLICTS: u32 = 20;

/// The longest pause between two of these attempts.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// What the error of a letter says that was set aside for the sake of order.
const BEHIND: &str = "an earlier event of the aggregate is set aside";

/// What goes with the effect of events.
#[derive(Default)]
pub(super) struct With<'a> {
    /// Events that are set aside or skipped.
    pub(super) notes: &'a [Note],
    /// The outcome of an attempt that was asked for.
    pub(super) settled: Option<u64>,
    /// How far the log was processed.
    pub(super) mark: Option<Mark>,
}

impl<R: Reaction> Session<R> {
    /// Takes events and stores the position. Events of aggregates that have events set aside are set aside, too. Returns how
    /// many events have come of it.
    pub(super) async fn attempt(
        &mut self,
        upstream: usize,
        events: &[Recorded<R::Events>],
        mark: Mark,
    ) -> Result<usize, Unstored> {
        let (parked, free): (Vec<_>, Vec<_>) = events
            .iter()
            .partition(|event| self.is_parked(upstream, event.originator()));
        let mut notes: Vec<_> = parked.into_iter().map(|event| Note::about(event, BEHIND, 0)).collect();
        notes.dedup_by_key(|note| note.position);
        let with = With {
            notes: &notes,
            mark: Some(mark),
            settled: None,
        };
        self.store(upstream, &free, with).await
    }

    /// Stores the effect of events and what goes with it, again if others are faster.
    pub(super) async fn store(
        &mut self,
        upstream: usize,
        events: &[&Recorded<R::Events>],
        with: With<'_>,
    ) -> Result<usize, Unstored> {
        let mut attempts = 1;
        let produced = loop {
            match self.store_once(upstream, events, &with).await {
                Err(Unstored::Conflict(_)) if attempts < CONFLICTS => {
                    sleep(MAX_PAUSE.mul_f64(fastrand::f64()) * attempts / CONFLICTS).await;
                    attempts += 1;
                }
                Err(Unstored::Conflict(error)) => return Err(Unstored::Failed(error)),
                outcome => break outcome?,
            }
        };
        if let Some(mark) = with.mark {
            let track = &mut self.tracks[upstream];
            (track.stored, track.is_ours) = (mark.position, true);
            self.worker.shared.meter.advance(upstream, mark.position);
        }
        Ok(produced)
    }

    async fn store_once(
        &self,
        upstream: usize,
        events: &[&Recorded<R::Events>],
        with: &With<'_>,
    ) -> Result<usize, Unstored> {
        let shared = &*self.worker.shared;
        let processing = Processing::new(shared.app.clone());
        self.react(events, &processing).await?;
        let mut letters = self.letters(upstream, with).await?;
        let letters = letters.as_mut();
        let own = letters
            .as_ref()
            .map_or(0, |letters| es_domain::Aggregate::pending_events(&**letters).len());
        let tracking = with.mark.map(|mark| self.tracking(upstream, mark));
        let letters = letters.map(|letters| Box::new(letters) as Box<dyn Changes + '_>);
        let saved = shared.app.in_scope(processing.save(letters, tracking)).await?;
        Ok(saved.len() - own)
    }

    /// Lets the events have their effect on `processing`, and keeps the lease as long as that takes.
    async fn react(&self, events: &[&Recorded<R::Events>], processing: &Processing) -> Result<(), Unstored> {
        let reacting = AssertUnwindSafe(self.react_to_all(events, processing));
        let reacting = self.worker.shared.app.in_scope(reacting.catch_unwind());
        let reacted = tokio::select! {
            reacted = reacting => reacted.unwrap_or_else(|panic| Err(panicked(&*panic))),
            halt = self.keep_lease() => return Err(Unstored::Halted(halt)),
        };
        match (reacted, processing.store_error()) {
            (Ok(()), _) => Ok(()),
            // The store has failed, and the event is not at fault.
            (Err(_), Some(error)) => Err(Unstored::Halted(error.into())),
            (Err(error), None) => Err(Unstored::Failed(error)),
        }
    }

    async fn react_to_all(&self, events: &[&Recorded<R::Events>], processing: &Processing) -> Result<(), BoxError> {
        let (mut position, mut part) = (0, 0);
        for event in events {
            part = if event.position() == position { part + 1 } else { 0 };
            position = event.position();
            Caused::by(event, self.worker.reaction.react(event, part, processing)).await?;
            processing.end_reaction()?;
        }
        Ok(())
    }

    /// The letters, with what is to be added, or `None` if nothing is.
    async fn letters(&self, upstream: usize, with: &With<'_>) -> Result<Option<Letters>, Unstored> {
        if with.notes.is_empty() && with.settled.is_none() {
            return Ok(None);
        }
        let shared = &*self.worker.shared;
        let mut letters = Letters::of(&shared.app, &shared.key(upstream)).await?;
        letters.add(with.notes);
        if let Some(position) = with.settled {
            if !letters.is_asked(position) {
                // Another instance has taken the event meanwhile.
                return Err(Unstored::Halted(Halt::Lost));
            }
            letters.settle(position, Attempted::Taken);
        }
        Ok(Some(letters))
    }

    fn tracking(&self, upstream: usize, mark: Mark) -> Tracking {
        let tracking = Tracking::of(self.worker.shared.key(upstream), mark.position);
        let tracking = match &self.lease {
            Some(held) => tracking.with_fence(held.lease.fence),
            None => tracking.with_fence(self.tracks[upstream].fence),
        };
        match mark.anchor {
            Some(anchor) => tracking.with_event_id(anchor.event_id),
            None => tracking,
        }
    }

    /// Renews the lease until another instance has it. A renewal that fails is tried again: the commit decides.
    async fn keep_lease(&self) -> Halt {
        let Some(Held { claim, lease }) = &self.lease else {
            return std::future::pending().await;
        };
        loop {
            sleep(claim.ttl() / 3).await;
            if matches!(claim.renew(lease).await, Ok(false)) {
                return Halt::Lost;
            }
        }
    }
}

/// Lets one event have its effect on an application, without a log. Returns the events that have come of it.
pub(crate) async fn react_once<R: Reaction>(
    reaction: &R,
    event: &Recorded<R::Events>,
    app: &Application,
) -> Result<Vec<Recorded>, BoxError> {
    let processing = Processing::new(app.clone());
    Caused::by(event, reaction.react(event, 0, &processing)).await?;
    processing.end_reaction()?;
    Ok(processing.save(None, None).await?)
}

impl Note {
    /// Makes a note that an event is set aside.
    pub(super) fn about<E>(event: &Recorded<E>, error: impl Into<String>, attempts: u32) -> Self {
        Self {
            position: event.position(),
            event_id: event.event_id(),
            originator: event.originator().clone(),
            topic: event.topic().to_owned(),
            error: error.into(),
            attempts,
            is_skipped: false,
        }
    }
}
