//! A write that is finished by a task when whoever drives it goes away.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;

use super::{
    BatchWriter,
    queue::{Busy, Queue},
};

/// Writes one batch on the caller's own polls. Dropped before its end, it goes on in a task of the caller's runtime, and so
/// does what waits behind it.
pub(super) struct WriteOnce<W: BatchWriter> {
    write: Option<BoxFuture<'static, Option<Busy<W>>>>,
    queue: Arc<Queue<W>>,
    runtime: Option<Handle>,
}

impl<W: BatchWriter> WriteOnce<W> {
    pub(super) fn new(queue: &Arc<Queue<W>>, writer: Busy<W>) -> Self {
        let write = Box::pin(Arc::clone(queue).write_once(writer));
        Self {
            write: Some(write),
            queue: Arc::clone(queue),
            runtime: Handle::try_current().ok(),
        }
    }
}

impl<W: BatchWriter> Future for WriteOnce<W> {
    /// The writer, when there is more to write.
    type Output = Option<Busy<W>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(write) = &mut self.write else {
            return Poll::Pending;
        };
        let polled = write.as_mut().poll(context);
        if polled.is_ready() {
            self.write = None;
        }
        polled
    }
}

impl<W: BatchWriter> Drop for WriteOnce<W> {
    fn drop(&mut self) {
        let (Some(write), Some(runtime)) = (self.write.take(), &self.runtime) else {
            return;
        };
        let queue = Arc::clone(&self.queue);
        drop(runtime.spawn(async move {
            if let Some(writer) = write.await {
                queue.write_all(writer).await;
            }
        }));
    }
}
