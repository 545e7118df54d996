//! A future whose events are marked with what has caused them.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use es_domain::{Metadata, with_metadata};
use es_persistence::{EventSet, Recorded};

/// A future that is polled with metadata for all events that are triggered in it.
pub(super) struct Caused<F> {
    metadata: Metadata,
    future: Pin<Box<F>>,
}

impl<F> Caused<F> {
    /// Marks the events of `future` as caused by `event`, and as belonging to what it belongs to.
    pub(super) fn by<E: EventSet>(event: &Recorded<E>, future: F) -> Self {
        let id = event.event_id();
        let correlation = event.metadata().get("correlation_id");
        let correlation = correlation.map_or_else(|| id.to_string(), str::to_owned);
        Self {
            metadata: Metadata::new().correlation_id(correlation).causation_id(id),
            future: Box::pin(future),
        }
    }
}

impl<F: Future> Future for Caused<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let metadata = self.metadata.clone();
        with_metadata(metadata, || self.future.as_mut().poll(context))
    }
}
