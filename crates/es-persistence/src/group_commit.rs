//! One writer that stores what has come together while it was writing.
//!
//! A commit costs the same for one event as for a hundred, so whoever finds the writer busy shares the next commit
//! with all others who do. Nobody waits for company: an idle writer writes at once.
//!
//! It is shared by the stores of this workspace, no part of the public API, and may change in any release.

use std::{fmt, sync::Mutex, sync::PoisonError};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// Stores batches of saves for a [`GroupCommit`].
pub trait BatchWriter: Send + 'static {
    /// What one call stores.
    type Save: Send + Sync + 'static;

    /// Why a save is not stored.
    type Error: Send + 'static;

    /// Stores each of `saves` wholly or not at all, and says of each, in the given order, which positions its events
    /// have or why there are none. One that is refused does not harm the others.
    fn write(&mut self, saves: &[Self::Save]) -> impl Future<Output = Vec<Result<Vec<u64>, Self::Error>>> + Send;

    /// Lets go of the store.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// A queue of saves and the task that stores them.
///
/// The task is not the caller's: a caller that goes away does not interrupt a write.
pub struct GroupCommit<S, E> {
    requests: mpsc::Sender<Request<S, E>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

enum Request<S, E> {
    Save(S, oneshot::Sender<Result<Vec<u64>, E>>),
    Close,
}

/// The writer is gone: the save was not begun, or its outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterGone {
    /// Nothing of the save was written.
    BeforeWriting,
    /// The writer went away with the save in its hands.
    WhileWriting,
}

/// How many saves may wait; more wait for a place among these.
const QUEUE: usize = 1024;

/// How many saves share a commit.
const BATCH: usize = 256;

impl<S: Send + Sync + 'static, E: Send + 'static> GroupCommit<S, E> {
    /// Starts the task that writes by `writer`, on the runtime of the caller.
    pub fn start(writer: impl BatchWriter<Save = S, Error = E>) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        let task = Mutex::new(Some(tokio::spawn(run(writer, queue))));
        Self { requests, task }
    }

    /// Has `save` stored, and returns the positions of its events.
    ///
    /// # Errors
    ///
    /// [`WriterGone`] when it was closed or its runtime is gone; inside, the writer's own error.
    ///
    /// # Cancel safety
    ///
    /// Once queued, the save goes on when the future is dropped.
    pub async fn save(&self, save: S) -> Result<Result<Vec<u64>, E>, WriterGone> {
        let (reply, answer) = oneshot::channel();
        let queued = self.requests.send(Request::Save(save, reply)).await;
        queued.map_err(|_closed| WriterGone::BeforeWriting)?;
        answer.await.map_err(|_dropped| WriterGone::WhileWriting)
    }

    /// Waits until all that is queued is stored, and ends the task. Later saves are refused.
    pub async fn close(&self) {
        // An error says that the task has ended already.
        let _ended = self.requests.send(Request::Close).await;
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A panic of the writer was told to those whose saves it took along.
            let _joined = task.await;
        }
    }
}

impl<S, E> fmt::Debug for GroupCommit<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCommit").finish_non_exhaustive()
    }
}

async fn run<W: BatchWriter>(mut writer: W, mut queue: mpsc::Receiver<Request<W::Save, W::Error>>) {
    let mut requests = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut requests, BATCH).await > 0 {
        let (mut saves, mut replies) = (Vec::new(), Vec::new());
        for request in requests.drain(..) {
            match request {
                Request::Save(save, reply) => {
                    saves.push(save);
                    replies.push(reply);
                }
                // What was queued before is still received; what comes later is refused.
                Request::Close => queue.close(),
            }
        }
        if saves.is_empty() {
            continue;
        }
        for (reply, outcome) in replies.into_iter().zip(writer.write(&saves).await) {
            // The caller may have gone away; the outcome stands all the same.
            let _unheard = reply.send(outcome);
        }
    }
    writer.close().await;
}
