//! The beginning of work: the positions are read and checked.

use std::{collections::HashSet, sync::Arc};

use es_persistence::Tracking;
use es_projection::__private::{Anchor, Mark};

use super::{
    Reaction, Shared, Worker,
    halt::Halt,
    session::{Held, Session, Track},
};
use crate::{FollowerError, Progress};

impl<R: Reaction> Session<R> {
    /// Begins to work, under a lease if there can be others.
    pub(super) async fn open(worker: Arc<Worker<R>>, lease: Option<Held>) -> Result<Self, Halt> {
        let shared = Arc::clone(&worker.shared);
        let mut tracks = Vec::new();
        for index in 0..shared.upstreams.len() {
            tracks.push(shared.track(index).await?);
        }
        shared.meter.begin(shared.progress(&tracks));
        let mut session = Self {
            worker,
            lease,
            tracks,
            parked: HashSet::new(),
        };
        session.look_around().await?;
        Ok(session)
    }
}

impl Shared {
    /// How far a log was processed, after a check that the log is still the same.
    async fn track(&self, index: usize) -> Result<Track, Halt> {
        let stored = self.recorder.last_tracking(self.key(index)).await?;
        let read = match &stored {
            None => Mark {
                position: 0,
                anchor: None,
            },
            Some(tracking) => self.resumed(index, tracking).await?,
        };
        Ok(Track {
            read,
            stored: read.position,
            fence: stored.map_or(0, |stored| stored.fence),
            is_ours: false,
            due: None,
        })
    }

    async fn resumed(&self, index: usize, tracking: &Tracking) -> Result<Mark, Halt> {
        let position = tracking.position;
        let upstream = &self.upstreams[index];
        let anchor = Anchor::find(&**upstream.log(), position).await?;
        let found = anchor.map(|anchor| anchor.event_id);
        match tracking.event_id {
            Some(seen) if found != Some(seen) => Err(Halt::Stopped(FollowerError::LogRewound {
                name: Arc::clone(&self.name),
                upstream: Arc::clone(upstream.name()),
                position,
                seen,
                found,
            })),
            _ => Ok(Mark { position, anchor }),
        }
    }

    fn progress(&self, tracks: &[Track]) -> Vec<Progress> {
        let both = self.upstreams.iter().zip(tracks);
        both.map(|(upstream, track)| Progress {
            upstream: Arc::clone(upstream.name()),
            position: track.stored,
            target: track.stored,
        })
        .collect()
    }
}
