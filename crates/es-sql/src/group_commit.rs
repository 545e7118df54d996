//! Saves that come together are stored together.
//!
//! A commit costs the same for one event as for a hundred, so whoever finds the writers busy shares the next commit with
//! all others who do. Nobody waits for company: whoever finds the writers idle writes at once. A second writer joins when the
//! first one is slow: as long as it is fast, a shared commit is cheaper than two.
//!
//! It is shared by the stores of this workspace, no part of the public API, and may change in any release.

mod detached;
mod driven;
mod patience;
mod queue;

use std::{fmt, future::poll_fn, pin::Pin, sync::Arc};

use tokio::{
    runtime::Handle,
    sync::oneshot::{self, error::RecvError},
};

pub use self::{detached::detached, patience::patiently};
use self::{
    driven::Drive,
    queue::{Busy, Queue, Turn},
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

/// Some writers, and the saves that wait for them.
///
/// Whoever takes an idle writer drives it as part of the own call. A caller that goes away meanwhile does not interrupt the
/// write, and one that stands still does not keep others waiting: a task of the runtime goes on with it.
pub struct GroupCommit<W: BatchWriter> {
    queue: Arc<Queue<W>>,
    runtime: Handle,
}

/// The outcome of a save: the positions of its events, or the writer's own error.
pub type Outcome<W> = Result<Vec<u64>, <W as BatchWriter>::Error>;

type Answer<W> = oneshot::Receiver<Outcome<W>>;

/// The writer is gone: the save was not begun, or its outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterGone {
    /// Nothing of the save was written.
    BeforeWriting,
    /// The writer went away with the save in its hands.
    WhileWriting,
}

impl<W: BatchWriter> GroupCommit<W> {
    /// Writes by `writers`, each one batch at a time, in tasks of `runtime`.
    pub fn new(runtime: Handle, writers: impl IntoIterator<Item = W>) -> Self {
        Self {
            queue: Arc::new(Queue::new(writers)),
            runtime,
        }
    }

    /// Has `save` stored.
    ///
    /// # Errors
    ///
    /// [`WriterGone`] when the writers are closed, or a runtime was shut down while one was writing; inside, the
    /// writer's own error.
    ///
    /// # Cancel safety
    ///
    /// Once the future has been polled, the save goes on when it is dropped.
    pub async fn save(&self, save: W::Save) -> Result<Outcome<W>, WriterGone> {
        let (reply, answer) = oneshot::channel();
        let answered = match self.queue.push(save, reply) {
            Turn::Closed => return Err(WriterGone::BeforeWriting),
            Turn::Wait => self.wait(answer).await,
            Turn::Write(writer) => self.write(writer, answer).await,
        };
        answered.map_err(|_dropped| WriterGone::WhileWriting)
    }

    /// Waits for those who write, as long as they are quick.
    async fn wait(&self, mut answer: Answer<W>) -> Result<Outcome<W>, RecvError> {
        loop {
            if let Some(answer) = patiently(&self.runtime, &mut answer).await {
                return answer;
            }
            self.queue.hand_over();
            if let Some(writer) = self.queue.take_spare() {
                return self.write(writer, answer).await;
            }
        }
    }

    /// Writes, until the own save is answered; a task does what is more.
    async fn write(&self, writer: Busy<W>, mut answer: Answer<W>) -> Result<Outcome<W>, RecvError> {
        let mut drive = Drive(self.queue.drive(&self.runtime, writer));
        poll_fn(|context| {
            // Handed over or not: the answer tells.
            let _driven = Pin::new(&mut drive).poll(context);
            Pin::new(&mut answer).poll(context)
        })
        .await
    }

    /// Lets tasks go on with what callers are writing: somebody has to wait for it.
    pub fn hand_over(&self) {
        self.queue.hand_over();
    }

    /// Waits until all that is queued is stored, and closes the writers. Later saves are refused.
    pub async fn close(&self) {
        for writer in self.queue.close(&self.runtime).await {
            writer.close().await;
        }
    }
}

impl<W: BatchWriter> fmt::Debug for GroupCommit<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCommit").finish_non_exhaustive()
    }
}
