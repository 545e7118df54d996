//! A write that its caller drives, until the caller goes away or somebody else has waited for it too long.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;

/// A write at work. It is not there when it is done, or goes on in a task.
pub(super) struct Driven {
    write: Mutex<Option<BoxFuture<'static, ()>>>,
    runtime: Handle,
}

impl Driven {
    pub(super) fn new(runtime: Handle, write: BoxFuture<'static, ()>) -> Arc<Self> {
        Arc::new(Self {
            write: Mutex::new(Some(write)),
            runtime,
        })
    }

    /// Has a task go on with it. Who drives it may stand still, as an arm of a `select!` does while the body of another one
    /// is at work, and would keep all others waiting.
    pub(super) fn hand_over(&self) {
        if let Some(write) = self.write().take() {
            drop(self.runtime.spawn(write));
        }
    }

    fn write(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        self.write.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drives it. Dropped before the end, it is handed over.
pub(super) struct Drive(pub(super) Arc<Driven>);

impl Future for Drive {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.0.write();
        let Some(write) = slot.as_mut() else {
            return Poll::Ready(());
        };
        // What is opened belongs to the runtime of the store, which may have to go on with it.
        let _inside = self.0.runtime.enter();
        let polled = write.as_mut().poll(context);
        if polled.is_ready() {
            *slot = None;
        }
        polled
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.0.hand_over();
    }
}
