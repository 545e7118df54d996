//! Work under one lease.

use std::{collections::HashSet, sync::Arc, time::Duration};

use es_persistence::{
    OriginatorId,
    views::{GenerationState, Lease},
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{Worker, halt::Halt};
use crate::{
    Projection, ProjectionError, State,
    feed::{self, Content, Feed, FeedError, Mark, Piece},
    meter::{Part, Start},
};

/// Work under one lease: what is known of the generation that it writes.
pub(crate) struct Session<'w, P, C> {
    pub(super) worker: &'w Worker<P, C>,
    pub(super) lease: Lease,
    pub(super) part: Part,
    pub(super) start: Start,
    /// One for each application that is followed.
    pub(super) tracks: Vec<Track>,
    /// The aggregates that have events set aside, each with the index of its application.
    pub(super) parked: HashSet<(usize, OriginatorId)>,
}

/// How far one log was read and stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub(super) read: Mark,
    pub(super) stored: u64,
    /// When what was read has to be stored at the latest.
    pub(super) due: Option<Instant>,
}

/// When a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// When the projection is told to stop. A generation that is being built is published when it has caught up.
    Stopped(GenerationState),
    /// When it has reached these positions.
    Reached(Vec<u64>),
}

/// How long positions of events that are not selected may wait for a transaction.
const LAG: Duration = Duration::from_millis(20);

impl<P: Projection<C>, C: Send + 'static> Session<'_, P, C> {
    /// Works until the end, or until something is in the way.
    pub(super) async fn run(&mut self, until: Until) -> Result<(), Halt> {
        let marks: Vec<_> = self.tracks.iter().map(|track| track.read).collect();
        let shared = &*self.worker.shared;
        let mut feed = Feed::start(&shared.upstreams, &marks, shared.settings.batch);
        let outcome = self.follow(&mut feed, until).await;
        feed.stop().await;
        outcome
    }

    async fn follow(&mut self, feed: &mut Feed<P::Events>, until: Until) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        let mut targets = match &until {
            Until::Stopped(_) => Some(self.targets().await?),
            Until::Reached(targets) => Some(targets.clone()),
        };
        let mut heartbeat = interval(shared.settings.lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Some(reached) = targets.take_if(|targets| self.has_reached(targets)) {
                self.flush().await?;
                match &until {
                    Until::Reached(_) => return Ok(()),
                    Until::Stopped(state) => self.caught_up(*state, &reached).await?,
                }
            }
            let due = self.tracks.iter().filter_map(|track| track.due).min();
            tokio::select! {
                piece = feed.next() => {
                    let mut piece = piece.map_err(|error| self.unread(error))?;
                    feed.fill(&mut piece, shared.settings.batch);
                    self.take(piece).await?;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.flush().await?,
                _tick = heartbeat.tick() => self.beat().await?,
                () = shared.poke.notified(), if self.part == Part::Serving => self.look_around().await?,
                () = shared.stopping() => {
                    self.flush().await?;
                    return Err(Halt::Ended);
                }
            }
        }
    }

    /// The last positions of the logs.
    pub(super) async fn targets(&self) -> Result<Vec<u64>, Halt> {
        let mut targets = Vec::new();
        for upstream in &self.worker.shared.upstreams {
            targets.push(upstream.log().max_position().await?.unwrap_or(0));
        }
        self.worker.shared.meter.aim(self.part, &targets);
        Ok(targets)
    }

    fn has_reached(&self, targets: &[u64]) -> bool {
        let mut both = self.tracks.iter().zip(targets);
        both.all(|(track, target)| track.read.position >= *target)
    }

    async fn caught_up(&self, state: GenerationState, reached: &[u64]) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        if state == GenerationState::Building {
            let generation = self.lease.generation.clone();
            tracing::info!(%generation, ?reached, "publishing");
            shared.views.store().publish(generation).await?;
        }
        shared.meter.enter(State::Following);
        Ok(())
    }

    async fn take(&mut self, piece: Piece<P::Events>) -> Result<(), Halt> {
        let Piece {
            upstream,
            content,
            mark,
        } = piece;
        match content {
            Content::Events(events) if events.is_empty() => {}
            Content::Events(events) => self.project(upstream, &events, mark).await?,
            Content::Broken(event, error) => self.project_broken(upstream, &event, error).await?,
        }
        let track = &mut self.tracks[upstream];
        track.read = mark;
        if track.stored < mark.position {
            track.due.get_or_insert_with(|| Instant::now() + LAG);
        }
        Ok(())
    }

    /// Stores positions up to which nothing was selected.
    pub(super) async fn flush(&mut self) -> Result<(), Halt> {
        for index in 0..self.tracks.len() {
            let Track { read, stored, .. } = self.tracks[index];
            if stored < read.position {
                self.store_mark(index, read).await?;
            }
            self.tracks[index].due = None;
        }
        Ok(())
    }

    /// Renews the lease, and looks at how far the logs have come, or back.
    async fn beat(&mut self) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        shared.views.store().renew(&self.lease).await?;
        self.targets().await?;
        for (index, track) in self.tracks.iter().enumerate() {
            let checked = feed::check(index, &*shared.upstreams[index], track.read).await;
            checked.map_err(|error| self.unread(error))?;
        }
        if !self.parked.is_empty() {
            self.look_around().await?;
        }
        Ok(())
    }

    fn unread(&self, error: FeedError) -> Halt {
        self.worker.shared.unread(error)
    }
}

impl<C: Send + 'static> super::Shared<C> {
    /// What an error of reading means for a session.
    pub(super) fn unread(&self, error: FeedError) -> Halt {
        match error {
            FeedError::Recorder(error) => error.into(),
            FeedError::Ended => Halt::Ended,
            FeedError::Rewound {
                upstream,
                position,
                seen,
                found,
            } => Halt::Stopped(ProjectionError::LogRewound {
                name: self.name,
                upstream: Arc::clone(self.upstreams[upstream].name()),
                position,
                seen,
                found,
            }),
        }
    }
}
