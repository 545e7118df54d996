//! The beginning of a session: the tables are made, and positions and sets of events are checked.

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc};

use es_persistence::{
    EventSet as _, OriginatorId, RecorderError, Selection, Topics, Tracking,
    views::{Checkpoint, DeadLetter, Disposition, Lease, ViewTransaction},
};
use futures_util::FutureExt as _;

use super::{
    Shared, Worker,
    halt::Halt,
    session::{Session, Track},
};
use crate::{
    Progress, Projection, ProjectionError,
    feed::{Anchor, Mark, panicked},
    meter::{Part, Start},
};

impl<P: Projection<C>, C: Send + 'static> Worker<P, C> {
    /// Begins to work under a lease.
    pub(super) async fn open(&self, lease: Lease, part: Part) -> Result<Session<'_, P, C>, Halt> {
        let shared = &*self.shared;
        let topics = P::Events::topics();
        let marks = shared.marks(&lease, &topics).await?;
        let transaction = self.create(shared.views.store().begin(&lease).await?).await?;
        let checkpoints = marks.iter().enumerate();
        let checkpoints = checkpoints.map(|(index, mark)| shared.checkpoint(index, *mark, &topics, &lease));
        transaction.commit(checkpoints.collect()).await?;
        let positions: Vec<_> = marks.iter().map(|mark| mark.position).collect();
        let progress = shared.upstreams.iter().zip(&positions);
        let progress =
            progress.map(|(upstream, position)| Progress::new(Arc::clone(upstream.name()), *position, *position));
        shared.meter.begin(part, lease.generation.number, progress.collect());
        let tracks = marks.into_iter().map(|read| Track {
            read,
            stored: read.position,
            due: None,
        });
        let mut session = Session {
            worker: self,
            lease,
            part,
            start: Start::now(positions),
            tracks: tracks.collect(),
            parked: HashSet::new(),
        };
        session.look_around().await?;
        Ok(session)
    }

    /// Makes the tables if they are not there.
    async fn create(&self, mut transaction: Box<dyn ViewTransaction<C>>) -> Result<Box<dyn ViewTransaction<C>>, Halt> {
        if !transaction.is_new() {
            return Ok(transaction);
        }
        let created = AssertUnwindSafe(self.projection.create(transaction.connection()));
        let created = created.catch_unwind().await;
        let Err(error) = created.unwrap_or_else(|panic| Err(panicked(&*panic))) else {
            return Ok(transaction);
        };
        // If the connection was lost, that is what has failed.
        transaction.rollback().await?;
        Err(Halt::Stopped(ProjectionError::Create {
            name: self.shared.name,
            source: Arc::new(error),
        }))
    }
}

impl<C: Send + 'static> Shared<C> {
    pub(super) fn checkpoint(&self, index: usize, mark: Mark, topics: &Topics, lease: &Lease) -> Checkpoint {
        let tracking = Tracking::of(self.key(index), mark.position).with_fence(lease.fence);
        let tracking = match mark.anchor {
            Some(anchor) => tracking.with_event_id(anchor.event_id),
            None => tracking,
        };
        Checkpoint::new(tracking, topics.clone())
    }

    /// How far each log was processed, after checks that the log and the set of events are still the same.
    async fn marks(&self, lease: &Lease, topics: &Topics) -> Result<Vec<Mark>, Halt> {
        let mut marks = Vec::new();
        for index in 0..self.upstreams.len() {
            let stored = self.views.store().checkpoint(lease.generation.clone(), self.key(index));
            let mark = match stored.await? {
                None => Mark {
                    position: 0,
                    anchor: None,
                },
                Some(checkpoint) => {
                    let mark = self.resumed(index, &checkpoint.tracking).await?;
                    self.check_topics(index, &checkpoint, topics).await?;
                    mark
                }
            };
            marks.push(mark);
        }
        Ok(marks)
    }

    /// The mark of a stored position, if the log still has the event at or below it.
    async fn resumed(&self, index: usize, tracking: &Tracking) -> Result<Mark, Halt> {
        let position = tracking.position;
        let anchor = Anchor::find(&**self.upstreams[index].log(), position).await?;
        let found = anchor.map(|anchor| anchor.event_id);
        match tracking.event_id {
            Some(seen) if found != Some(seen) => Err(Halt::Stopped(ProjectionError::LogRewound {
                name: self.name,
                upstream: Arc::clone(self.upstreams[index].name()),
                position,
                seen,
                found,
            })),
            _ => Ok(Mark { position, anchor }),
        }
    }

    /// Refuses a set of events with which events would be, or were, passed over.
    async fn check_topics(&self, index: usize, stored: &Checkpoint, topics: &Topics) -> Result<(), Halt> {
        let upstream = &self.upstreams[index];
        let removed = stored.topics.without(topics);
        if !removed.is_empty() && stored.tracking.position > 0 {
            return Err(Halt::Stopped(ProjectionError::SetHasShrunk {
                name: self.name,
                upstream: Arc::clone(upstream.name()),
                removed,
            }));
        }
        let added = topics.without(&stored.topics);
        let passed = self.first_of(index, &added, stored.tracking.position).await?;
        match passed {
            None => Ok(()),
            Some(position) => Err(Halt::Stopped(ProjectionError::SetHasGrown {
                name: self.name,
                upstream: Arc::clone(upstream.name()),
                added,
                position,
            })),
        }
    }

    /// The position of the first event of `topics` up to a position.
    async fn first_of(&self, index: usize, topics: &Topics, upper: u64) -> Result<Option<u64>, RecorderError> {
        let log = self.upstreams[index].log();
        let all = Selection::all().up_to(upper).of_topics(topics.clone());
        let mut next = Some(all).filter(|_| !topics.is_empty() && upper > 0);
        while let Some(selection) = next {
            let page = log.select_notifications(selection.clone().limit(1)).await?;
            if let Some(found) = page.notifications.first() {
                return Ok(Some(found.position));
            }
            let has_moved = page.reached > selection.lower();
            next = selection.rest(page.reached, 0).filter(|_| has_moved);
        }
        Ok(None)
    }
}

/// The aggregates whose later events have to wait, each with the index of its application.
pub(super) fn parked<C>(shared: &Shared<C>, letters: &[DeadLetter]) -> HashSet<(usize, OriginatorId)> {
    let waiting = letters
        .iter()
        .filter(|letter| letter.disposition != Disposition::Skipped);
    let parked = waiting.filter_map(|letter| Some((index_of(shared, letter)?, letter.originator.clone())));
    parked.collect()
}

/// The index of the application whose event a letter is about.
pub(super) fn index_of<C>(shared: &Shared<C>, letter: &DeadLetter) -> Option<usize> {
    let mut upstreams = shared.upstreams.iter();
    upstreams.position(|upstream| *upstream.name() == letter.key.upstream)
}
