//! The task that writes batches.

use std::{pin::pin, sync::Arc};

use futures_core::future::BoxFuture;
use futures_util::future::{Either, select};
use tokio::{
    task,
    time::{Instant, sleep_until},
};

use super::{
    BatchWriter,
    queue::{Busy, Queue},
};

impl<W: BatchWriter> Queue<W> {
    /// Writes until no save waits.
    pub(super) fn write_all(self: Arc<Self>, busy: Busy<W>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let mut next = Some(busy);
            while let Some(busy) = next {
                next = self.write_batch(busy).await;
            }
        })
    }

    /// Writes one batch, and returns the writer if more saves wait for it.
    async fn write_batch(self: &Arc<Self>, mut busy: Busy<W>) -> Option<Busy<W>> {
        let batch = self.take_batch();
        let writer = busy.writer.as_mut()?;
        if !batch.saves.is_empty() {
            let outcomes = self.attend(writer.write(&batch.saves)).await;
            for ((reply, room), outcome) in batch.replies.into_iter().zip(outcomes) {
                drop(room);
                // The caller may be gone; the outcome stands all the same.
                drop(reply.send(Ok(outcome)));
            }
        }
        if batch.saves.len() > 1 {
            // The callers that have just been answered may have more to save. If the next batch was taken before they have run,
            // it would hold one save, and all others would wait for its commit.
            task::yield_now().await;
        }
        self.put_back(busy)
    }

    /// Waits for `write`. While it takes long, lets idle writers join and refuses saves that have waited for too long.
    async fn attend<T>(self: &Arc<Self>, write: impl Future<Output = T>) -> T {
        let mut write = pin!(write);
        loop {
            let pause = pin!(sleep_until(self.next_look()));
            match select(write.as_mut(), pause).await {
                Either::Left((outcomes, _)) => return outcomes,
                Either::Right(_) => {
                    self.refuse_late_ones();
                    if let Some(writer) = self.take_spare() {
                        drop(self.runtime.spawn(Arc::clone(self).write_all(writer)));
                    }
                }
            }
        }
    }

    /// Returns when to look whether a writer has to join, or saves have waited for too long.
    fn next_look(&self) -> Instant {
        let joins = !self.waits.before_joining.is_zero() && self.has_spare();
        let pause = if joins {
            self.waits.before_joining
        } else {
            self.waits.limit / 8
        };
        Instant::now() + pause
    }
}
