//! Work that a caller begins and a task finishes.

use std::{future::poll_fn, task::Poll};

use tokio::{runtime::Handle, task::JoinError};

/// Begins `work` at once, as part of the caller's own poll, and has a task of `runtime` finish it: a caller who goes away
/// does not interrupt it, and one who stands still, as an arm of a `select!` does while another is at work, keeps nothing
/// from others.
///
/// # Errors
///
/// [`JoinError`] when the runtime is shut down before the end, or `work` has panicked in the task.
pub async fn detached<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    let mut work = Box::pin(work);
    let begun = poll_fn(|context| {
        // What is opened belongs to the runtime that goes on with it.
        let _inside = runtime.enter();
        Poll::Ready(work.as_mut().poll(context))
    });
    match begun.await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => runtime.spawn(work).await,
    }
}
