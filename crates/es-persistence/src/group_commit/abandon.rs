//! A future that is finished by a task when whoever polls it goes away.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::future::BoxFuture;
use tokio::runtime::Handle;

/// Runs a future on the caller's own poll; dropped before its end, it goes on in a task of the caller's runtime.
pub(super) struct FinishElsewhere<T: Send + 'static> {
    future: Option<BoxFuture<'static, T>>,
    runtime: Option<Handle>,
}

impl<T: Send + 'static> FinishElsewhere<T> {
    pub(super) fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self {
            future: Some(Box::pin(future)),
            runtime: Handle::try_current().ok(),
        }
    }
}

impl<T: Send + 'static> Future for FinishElsewhere<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.future else {
            return Poll::Pending;
        };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.future = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for FinishElsewhere<T> {
    fn drop(&mut self) {
        if let (Some(future), Some(runtime)) = (self.future.take(), &self.runtime) {
            drop(runtime.spawn(future));
        }
    }
}
