//! Group commit: saves that arrive while another one is being written share the next commit.
//!
//! A commit costs the same for one event as for a hundred. A save that finds a writer idle is written at once; a save that
//! finds all writers busy waits in a queue, and the next writer takes everything that waits as one batch. When one write is
//! slow, a further writer joins it.
//!
//! The calling future runs the first step of its write itself. A task of the store's runtime runs the rest, so a caller that
//! is dropped or not polled delays nobody. Waiting callers are woken once, with their outcome.

mod detached;
mod queue;
mod refusal;
mod writing;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::oneshot, time::Instant};

use self::{
    detached::begin,
    queue::{Queue, Waiting},
};
pub use self::{detached::detached, refusal::Refusal};

/// Stores batches of saves for a [`GroupCommit`].
pub trait BatchWriter: Send + 'static {
    /// What one call stores.
    type Save: Send + Sync + 'static;

    /// What a successful save returns.
    type Output: Send + 'static;

    /// The error of a save that is not stored.
    type Error: Send + 'static;

    /// Returns about how many bytes `save` takes in memory.
    fn size(save: &Self::Save) -> usize;

    /// Stores each of `saves` completely or not at all, and returns one outcome per save, in the same order. A refused save
    /// leaves the others unaffected.
    fn write(&mut self, saves: &[Self::Save]) -> impl Future<Output = Vec<Result<Self::Output, Self::Error>>> + Send;

    /// Closes the writer.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// The outcome of one save, as its writer reported it.
pub type Outcome<W> = Result<<W as BatchWriter>::Output, <W as BatchWriter>::Error>;

/// How long saves wait.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// A save that has waited for longer is refused.
    pub limit: Duration,
    /// How long a write may take before an idle writer joins it. With zero, a save never waits while a writer is idle.
    pub before_joining: Duration,
}

impl Waits {
    /// Returns waits of up to `limit`, with an idle writer joining after 5 ms: a shared commit is cheaper than two as long as
    /// writes are fast.
    #[must_use]
    pub const fn up_to(limit: Duration) -> Self {
        Self {
            limit,
            before_joining: Duration::from_millis(5),
        }
    }
}

/// Writers, and the queue of saves that wait for them.
///
/// The queue holds at most 16,384 saves and about 64 MiB. A save that finds it full waits for room.
pub struct GroupCommit<W: BatchWriter> {
    queue: Arc<Queue<W>>,
}

impl<W: BatchWriter> GroupCommit<W> {
    /// Creates a group commit whose `writers` each write one batch at a time, in tasks of `runtime`.
    pub fn new(runtime: Handle, writers: impl IntoIterator<Item = W>, waits: Waits) -> Self {
        Self {
            queue: Arc::new(Queue::new(runtime, writers, waits)),
        }
    }

    /// Stores `save`.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the save was not handed to a writer, or if the writer was lost while it had the save. Otherwise the inner
    /// result is the writer's own.
    ///
    /// # Cancel safety
    ///
    /// Once the future has been polled, the save continues when the future is dropped.
    pub async fn save(&self, save: W::Save) -> Result<Outcome<W>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            save,
            reply,
            since: Instant::now(),
        };
        Queue::admit(&self.queue, waiting);
        // The reply is dropped without an answer only together with a writer that has the save.
        answer.await.unwrap_or(Err(Refusal::Lost))
    }

    /// Refuses further saves, waits until every save in the queue has been written, and closes the writers.
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

#[cfg(test)]
mod tests;
