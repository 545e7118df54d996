//! Work that a caller begins and a task finishes.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle},
};

/// Begins `work` in the caller's own poll and finishes it in a task of `runtime`. A caller that is dropped does not interrupt
/// the work. A caller that is not polled, such as an arm of a `select!` whose other arm is running, holds nothing that others
/// wait for.
///
/// The first step runs in the caller only if the caller runs on `runtime`: the timers of a runtime that has been shut down
/// would panic there.
///
/// # Errors
///
/// [`JoinError`] if the runtime is shut down before the work is done, or `work` panics in the task.
pub async fn detached<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    match begin(runtime, Box::pin(work)) {
        Begun::Done(output) => Ok(output),
        Begun::Continues(task) => task.await,
    }
}

/// Work that has been polled once.
pub(super) enum Begun<T> {
    Done(T),
    Continues(JoinHandle<T>),
}

/// Polls `work` once, and spawns the rest of it.
pub(super) fn begin<T: Send + 'static>(
    runtime: &Handle,
    mut work: Pin<Box<dyn Future<Output = T> + Send>>,
) -> Begun<T> {
    if is_current(runtime) {
        // The task polls the work again at once, and registers its own waker then.
        if let Poll::Ready(output) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Begun::Done(output);
        }
    }
    Begun::Continues(runtime.spawn(work))
}

fn is_current(runtime: &Handle) -> bool {
    Handle::try_current().is_ok_and(|current| current.id() == runtime.id())
}
