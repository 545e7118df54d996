//! Work that a caller begins and a task finishes.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::JoinError};

/// Begins `work` at once, and has a task of `runtime` finish it: a caller who goes away does not interrupt it, and one
/// who stands still keeps nothing from others.
pub(crate) async fn detached<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    let mut work = Box::pin(work);
    let begun = poll_fn(|context: &mut Context<'_>| Poll::Ready(work.as_mut().poll(context))).await;
    match begun {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => runtime.spawn(work).await,
    }
}
