//! Saves that come together are stored together.
//!
//! A commit costs the same for one event as for a hundred, so whoever finds the writers busy shares the next commit with
//! all others who do. Nobody waits for company: whoever finds the writers idle writes at once. A second writer joins when the
//! first one is slow: as long as it is fast, a shared commit is cheaper than two.
//!
//! It is shared by the stores of this workspace, no part of the public API, and may change in any release.

mod detached;
mod queue;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::oneshot, time};

pub use self::detached::detached;
use self::{
    detached::begin,
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
/// Whoever takes an idle writer begins to write as part of the own call, and a task of the runtime goes on with it.
pub struct GroupCommit<W: BatchWriter> {
    queue: Arc<Queue<W>>,
    has_spares: bool,
    runtime: Handle,
}

/// How long a save waits for the writers at work before an idle one joins them.
const PATIENCE: Duration = Duration::from_millis(5);

/// The outcome of a save: the positions of its events, or the writer's own error.
pub type Outcome<W> = Result<Vec<u64>, <W as BatchWriter>::Error>;

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
        let queue = Queue::new(writers);
        Self {
            has_spares: queue.has_spares(),
            queue: Arc::new(queue),
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
        let (reply, mut answer) = oneshot::channel();
        match self.queue.push(save, reply) {
            Turn::Closed => return Err(WriterGone::BeforeWriting),
            Turn::Wait if self.has_spares => loop {
                if let Ok(answer) = time::timeout(PATIENCE, &mut answer).await {
                    return answer.map_err(|_dropped| WriterGone::WhileWriting);
                }
                if let Some(writer) = self.queue.take_spare() {
                    self.write(writer).await;
                }
            },
            Turn::Wait => {}
            Turn::Write(writer) => self.write(writer).await,
        }
        answer.await.map_err(|_dropped| WriterGone::WhileWriting)
    }

    /// Begins to write a batch; the answer comes when it is done.
    async fn write(&self, writer: Busy<W>) {
        let queue = Arc::clone(&self.queue);
        let batch = begin(&self.runtime, async move {
            if let Some(writer) = Arc::clone(&queue).write_once(writer).await {
                // More has come meanwhile. It is not this caller's business to write it all.
                drop(tokio::spawn(queue.write_all(writer)));
            }
        });
        drop(batch.await);
    }

    /// Waits until all that is queued is stored, and closes the writers. Later saves are refused.
    pub async fn close(&self) {
        for writer in self.queue.close().await {
            writer.close().await;
        }
    }
}

impl<W: BatchWriter> fmt::Debug for GroupCommit<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCommit").finish_non_exhaustive()
    }
}
