//! Following an application.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use es_persistence::{Mapper, RecorderError, Stopper};
use futures_core::Stream;

use crate::Recorded;

/// What has been saved and is selected, and then what comes, without end.
///
/// Nothing is missed and nothing comes twice. It ends after an error; a new one may be started after the last
/// [`position`](Self::position).
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct Subscription {
    notifications: es_persistence::Subscription,
    mapper: Mapper,
}

impl Subscription {
    pub(crate) const fn new(notifications: es_persistence::Subscription, mapper: Mapper) -> Self {
        Self { notifications, mapper }
    }

    /// The position up to which everything selected has been delivered.
    pub const fn position(&self) -> u64 {
        self.notifications.position()
    }

    /// What ends this subscription from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.notifications.stopper()
    }
}

impl Stream for Subscription {
    type Item = Result<Recorded, RecorderError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.notifications).poll_next(context);
        next.map_ok(|notification| Recorded::of(notification, self.mapper.clone()))
    }
}
