//! Following an application.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use es_domain::OriginatorId;
use es_persistence::{Mapper, RecorderError, Stopper};
use futures_core::Stream;

use crate::Recorded;

/// What has been saved and is selected, and then what comes, without end.
///
/// Nothing is missed and nothing comes twice. It ends after an error; a new one may be started after the last
/// [`position`](Self::position).
///
/// A hash chain is not verified: see [`NotificationLog`](crate::NotificationLog).
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct Subscription {
    notifications: es_persistence::Subscription,
    mapper: Mapper,
    /// The aggregate whose events are delivered; `None` if those of all are.
    originator: Option<OriginatorId>,
}

impl Subscription {
    pub(crate) const fn new(notifications: es_persistence::Subscription, mapper: Mapper) -> Self {
        Self {
            notifications,
            mapper,
            originator: None,
        }
    }

    /// Delivers only the events of one aggregate.
    pub(crate) fn of(self, originator: OriginatorId) -> Self {
        Self {
            originator: Some(originator),
            ..self
        }
    }

    fn is_wanted(&self, originator: &OriginatorId) -> bool {
        self.originator.as_ref().is_none_or(|wanted| wanted == originator)
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
        loop {
            let next = ready!(Pin::new(&mut self.notifications).poll_next(context));
            match next.transpose()? {
                Some(notification) if !self.is_wanted(&notification.event.originator_id) => {}
                next => {
                    let recorded = next.map(|notification| Recorded::of(notification, self.mapper.clone()));
                    return Poll::Ready(recorded.map(Ok));
                }
            }
        }
    }
}
