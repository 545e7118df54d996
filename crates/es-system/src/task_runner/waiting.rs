//! Waiting until something has had its effect.

use std::{future::Future, sync::Arc};

use es_persistence::RecorderError;

use super::TaskRunner;
use crate::{FollowerError, Node, State, WaitError, system::Edge, worker::Shared};

impl TaskRunner {
    /// Waits until a follower has taken the event at a position of the log of a leader, whichever instance does the work. `None`
    /// waits for nothing, so that the position of a command that has triggered no event can be given.
    ///
    /// Events count that the follower does not select.
    ///
    /// # Errors
    ///
    /// [`WaitError::NotFollowed`] when the one does not follow the other, [`WaitError::Follower`] when the follower has stopped in
    /// this process before the position, [`WaitError::Recorder`] when the position cannot be read.
    ///
    /// # Panics
    ///
    /// When a node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn wait_for(
        &self,
        follower: Node,
        leader: Node,
        position: impl Into<Option<u64>> + Send,
    ) -> Result<(), WaitError> {
        let (shared, upstream) = self.edge(follower, leader)?;
        match position.into() {
            Some(position) => reach(shared, upstream, position).await,
            None => Ok(()),
        }
    }

    /// Waits until the event at a position of the first node's log has had its effect on the last node of a path, through all
    /// nodes between: until the second has taken the event, the third everything that the second has stored up to then, and so
    /// on.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Panics
    ///
    /// When a node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn wait_through(
        &self,
        path: impl IntoIterator<Item = Node> + Send,
        position: impl Into<Option<u64>> + Send,
    ) -> Result<(), WaitError> {
        let path: Vec<_> = path.into_iter().collect();
        let mut position = position.into();
        for pair in path.windows(2) {
            let (shared, upstream) = self.edge(pair[1], pair[0])?;
            if let Some(position) = position {
                reach(shared, upstream, position).await?;
            }
            position = position.and(match &self.opened.member(pair[1]).upstream {
                Some(log) => log.log().max_position().await?,
                None => None,
            });
        }
        Ok(())
    }

    /// Waits until all followers have taken everything that is in the logs, and nothing more has come of it.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn settled(&self) -> Result<(), WaitError> {
        // Twice the same ends, and everything taken in between: nothing can have been on its way.
        let mut before = None;
        loop {
            let ends = self.ends().await?;
            for edge in &self.opened.edges {
                self.catch_up(*edge, ends[edge.leader]).await?;
            }
            if before.as_ref() == Some(&ends) {
                return Ok(());
            }
            before = Some(ends);
        }
    }

    /// The last position of each log.
    async fn ends(&self) -> Result<Vec<u64>, RecorderError> {
        let mut ends = Vec::new();
        for member in &self.opened.members {
            ends.push(match &member.upstream {
                Some(log) => log.log().max_position().await?.unwrap_or(0),
                None => 0,
            });
        }
        Ok(ends)
    }

    /// Waits until a follower has taken a log up to a position.
    async fn catch_up(&self, edge: Edge, end: u64) -> Result<(), WaitError> {
        match &self.opened.members[edge.follower].follower {
            Some(follower) if end > 0 => reach(follower.shared(), edge.upstream, end).await,
            _ => Ok(()),
        }
    }

    fn edge(&self, follower: Node, leader: Node) -> Result<(&Arc<Shared>, usize), WaitError> {
        let member = self.opened.member(follower);
        let upstream = self.opened.upstream_of(follower, leader);
        let both = member.follower.as_ref().zip(upstream);
        let both = both.map(|(follower, upstream)| (follower.shared(), upstream));
        both.ok_or_else(|| WaitError::NotFollowed {
            follower: Arc::clone(&member.name),
            leader: Arc::clone(&self.opened.member(leader).name),
        })
    }
}

/// The position that a follower has reached in a log.
async fn stored(shared: &Shared, upstream: usize) -> Result<u64, RecorderError> {
    let stored = shared.recorder.last_tracking(shared.key(upstream)).await?;
    Ok(stored.map_or(0, |stored| stored.position))
}

/// Waits until a follower has reached a position.
async fn reach(shared: &Shared, upstream: usize, position: u64) -> Result<(), WaitError> {
    if stored(shared, upstream).await? >= position {
        return Ok(());
    }
    tokio::select! {
        reached = shared.recorder.wait_for_tracking(shared.key(upstream), position) => Ok(reached?),
        error = stopped(shared) => Err(error.into()),
    }
}

/// Waits until a follower cannot go on in this process.
pub(super) fn stopped(shared: &Shared) -> impl Future<Output = FollowerError> + Send + use<> {
    let (mut status, name) = (shared.meter.watch(), Arc::clone(&shared.name));
    async move {
        let stopped = status.wait_for(|status| matches!(status.state, State::Stopped(_) | State::Ended));
        match stopped.await.as_deref() {
            Ok(status) => status.state.error().cloned().unwrap_or(FollowerError::Ended { name }),
            Err(_gone) => FollowerError::Ended { name },
        }
    }
}
