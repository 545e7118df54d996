//! Turns: commands on one aggregate in one process come one after another.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use es_domain::OriginatorId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// One queue for each aggregate that has a command running. Queues are fair: the first to wait is the first to go on.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    queues: Mutex<HashMap<OriginatorId, Weak<AsyncMutex<()>>>>,
}

/// A turn at some aggregates. It ends when it is dropped.
#[derive(Debug)]
#[must_use = "the turn ends when it is dropped"]
pub struct Turn {
    _guards: Vec<OwnedMutexGuard<()>>,
}

/// Queues that nobody waits in are removed whenever the map has doubled since the last time, and not before it has this many.
const FEW: usize = 1024;

impl Turns {
    /// Waits for a turn at all of these aggregates.
    ///
    /// `ids` are in ascending order and no two are equal: so no two callers wait for each other.
    pub(crate) async fn wait(&self, ids: &[OriginatorId]) -> Turn {
        let mut guards = Vec::with_capacity(ids.len());
        for id in ids {
            let queue = self.queue(id);
            guards.push(queue.lock_owned().await);
        }
        Turn { _guards: guards }
    }

    fn queue(&self, id: &OriginatorId) -> Arc<AsyncMutex<()>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(id).and_then(Weak::upgrade) {
            return queue;
        }
        if queues.len() >= FEW && queues.len() == queues.capacity() {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let queue = Arc::default();
        queues.insert(id.clone(), Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_goes_on_when_the_turn_before_ends() {
        let (turns, ids) = (
            Arc::new(Turns::default()),
            [OriginatorId::from("a"), OriginatorId::from("b")],
        );
        let first = turns.wait(&ids).await;
        let second = {
            let turns = Arc::clone(&turns);
            tokio::spawn(async move { drop(turns.wait(&[OriginatorId::from("b")]).await) })
        };
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(turns.wait(&[OriginatorId::from("c")]).await);
        drop(first);
        second.await.unwrap();
    }

    #[tokio::test]
    async fn queues_of_the_past_do_not_pile_up() {
        let turns = Turns::default();
        for number in 0..10 * FEW {
            drop(turns.wait(&[OriginatorId::from(&*number.to_string())]).await);
        }
        assert!(turns.queues.lock().unwrap().len() < 4 * FEW);
    }
}
