//! Work under one lease.

use std::{collections::HashSet, sync::Arc, time::Duration};

use es_persistence::{EventSet as _, OriginatorId, Recorded};
use es_projection::__private::{Content, Feed, FeedError, Mark, Piece, check};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{Reaction, Worker, attempt::With, halt::Halt};
use crate::{
    FollowerError, State,
    lease::{Claim, Lease},
};

/// Work under one lease: how far each log was read and stored.
pub(crate) struct Session<R> {
    pub(super) worker: Arc<Worker<R>>,
    /// `None` where nobody else can work.
    pub(super) lease: Option<Held>,
    /// One for each log that is followed.
    pub(super) tracks: Vec<Track>,
    /// The aggregates that have events set aside, each with the index of its log.
    pub(super) parked: HashSet<(usize, OriginatorId)>,
}

/// The lease under which the work is done.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) claim: Arc<Claim>,
    pub(super) lease: Arc<Lease>,
}

/// How far one log was read and stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub(super) read: Mark,
    pub(super) stored: u64,
    /// The fence of the last tracking that was found.
    pub(super) fence: u64,
    /// Whether this session has stored a position. Before that, an instance that had the lease before may still store.
    pub(super) is_ours: bool,
    /// When what was read has to be stored at the latest.
    pub(super) due: Option<Instant>,
}

/// How long positions of events that are not selected may wait for a transaction.
const LAG: Duration = Duration::from_millis(20);

impl<R: Reaction> Session<R> {
    /// Works until something is in the way.
    pub(super) async fn run(&mut self) -> Result<(), Halt> {
        let marks: Vec<_> = self.tracks.iter().map(|track| track.read).collect();
        let shared = Arc::clone(&self.worker.shared);
        let mut feed = Feed::start(&shared.upstreams, &marks, shared.settings.batch);
        let outcome = self.follow(&mut feed).await;
        feed.stop().await;
        outcome
    }

    async fn follow(&mut self, feed: &mut Feed<R::Events>) -> Result<(), Halt> {
        let shared = Arc::clone(&self.worker.shared);
        let mut targets = Some(self.targets().await?);
        let mut heartbeat = interval(shared.settings.lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if targets.take_if(|targets| self.has_reached(targets)).is_some() {
                self.flush().await?;
                shared.meter.enter(State::Following);
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
                () = shared.poke.notified() => self.look_around().await?,
                () = shared.stopping() => {
                    self.flush().await?;
                    return Err(Halt::Ended);
                }
            }
        }
    }

    /// The last positions of the logs.
    async fn targets(&self) -> Result<Vec<u64>, Halt> {
        let mut targets = Vec::new();
        for upstream in &self.worker.shared.upstreams {
            targets.push(upstream.log().max_position().await?.unwrap_or(0));
        }
        self.worker.shared.meter.aim(&targets);
        Ok(targets)
    }

    fn has_reached(&self, targets: &[u64]) -> bool {
        let mut both = self.tracks.iter().zip(targets);
        both.all(|(track, target)| track.read.position >= *target)
    }

    /// Takes a part of a log, and returns how many events have come of it.
    pub(super) async fn take(&mut self, piece: Piece<R::Events>) -> Result<usize, Halt> {
        let Piece {
            upstream,
            content,
            mark,
        } = piece;
        let produced = match content {
            Content::Events(events) if events.is_empty() => 0,
            Content::Events(events) => self.process(upstream, &events, mark).await?,
            Content::Broken(event, error) => self.process_broken(upstream, &event, error).await?,
        };
        let track = &mut self.tracks[upstream];
        track.read = mark;
        if track.stored < mark.position {
            track.due.get_or_insert_with(|| Instant::now() + LAG);
        }
        Ok(produced)
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

    /// Stores a position up to which nothing has an effect.
    pub(super) async fn store_mark(&mut self, upstream: usize, mark: Mark) -> Result<(), Halt> {
        let nothing: &[&Recorded<R::Events>] = &[];
        let with = With {
            mark: Some(mark),
            ..With::default()
        };
        let stored = self.store(upstream, nothing, with).await;
        stored.map_err(|error| error.without_event(&self.worker.shared))?;
        Ok(())
    }

    /// Renews the lease, and looks at how far the logs have come, or back.
    async fn beat(&mut self) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        self.renew().await?;
        self.targets().await?;
        for (index, track) in self.tracks.iter().enumerate() {
            let checked = check(index, &*shared.upstreams[index], track.read).await;
            checked.map_err(|error| self.unread(error))?;
        }
        if !self.parked.is_empty() {
            self.look_around().await?;
        }
        Ok(())
    }

    pub(super) async fn renew(&self) -> Result<(), Halt> {
        match &self.lease {
            Some(held) if !held.claim.renew(&held.lease).await? => Err(Halt::Lost),
            _ => Ok(()),
        }
    }

    pub(super) fn is_parked(&self, upstream: usize, originator: &OriginatorId) -> bool {
        !self.parked.is_empty() && self.parked.contains(&(upstream, originator.clone()))
    }

    /// What an error of reading means.
    pub(super) fn unread(&self, error: FeedError) -> Halt {
        let shared = &self.worker.shared;
        match error {
            FeedError::Recorder(error) => error.into(),
            FeedError::Ended => Halt::Ended,
            FeedError::Rewound {
                upstream,
                position,
                seen,
                found,
            } => Halt::Stopped(FollowerError::LogRewound {
                name: Arc::clone(&shared.name),
                upstream: Arc::clone(shared.upstreams[upstream].name()),
                position,
                seen,
                found,
            }),
        }
    }
}

/// The topics of the events that a reaction sees.
pub(super) fn topics<R: Reaction>() -> es_persistence::Topics {
    R::Events::topics()
}
