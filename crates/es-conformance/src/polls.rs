//! Dropping a future in the middle.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Polls a future at most so many times, each time when it has asked for it, and drops it then.
pub(crate) struct Polls<F> {
    future: Option<Pin<Box<F>>>,
    left: usize,
}

impl<F: Future> Polls<F> {
    pub(crate) fn at_most(left: usize, future: F) -> Self {
        Self {
            future: Some(Box::pin(future)),
            left,
        }
    }
}

impl<F: Future> Future for Polls<F> {
    /// What the future came to, or `None` when it was dropped before.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut future) = self.future.take().filter(|_| self.left > 0) else {
            return Poll::Ready(None);
        };
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 1 => Poll::Ready(None),
            Poll::Pending => {
                self.left -= 1;
                self.future = Some(future);
                Poll::Pending
            }
        }
    }
}
