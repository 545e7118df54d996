//! A future with a clock and an ID source.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use es_domain::Scope;

/// A future that is polled with the clock and the ID source of an application: see
/// [`Application::in_scope`](crate::Application::in_scope).
#[must_use = "a future does nothing unless it is polled"]
pub struct InScope<F> {
    scope: Scope,
    future: Pin<Box<F>>,
}

impl<F> InScope<F> {
    pub(crate) fn new(scope: Scope, future: F) -> Self {
        let future = Box::pin(future);
        Self { scope, future }
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { scope, future } = &mut *self;
        scope.run(|| future.as_mut().poll(context))
    }
}

impl<F> fmt::Debug for InScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
