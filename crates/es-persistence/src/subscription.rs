//! Following a log event by event.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::{LogPages, Notification, ReadableLog, RecorderError, Selection, Stopper};

/// How many notifications are read at once.
const PAGE: usize = 500;

/// The notifications that a selection names: first the stored events, then new ones as they come, without end.
///
/// Nothing is missed and nothing comes twice. A page is read when the one before it has been taken, so that a slow consumer
/// costs no memory. The stream ends when the upper bound or the limit of the selection is reached, and after an error; a new
/// one may be started after the last [`position`](Self::position).
#[must_use = "a stream does nothing unless it is polled"]
pub struct Subscription {
    pages: LogPages,
    ready: VecDeque<Notification>,
    /// The position up to which nothing else is selected once `ready` has been delivered.
    reached: u64,
    position: u64,
}

impl Subscription {
    /// Follows `log` from the beginning of `selection`.
    pub fn new(log: Arc<dyn ReadableLog>, selection: Selection) -> Self {
        let position = selection.lower();
        Self {
            pages: LogPages::new(log, selection, PAGE),
            ready: VecDeque::new(),
            reached: position,
            position,
        }
    }

    /// The position up to which everything selected has been delivered, also past events that are not selected.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Returns a handle that ends this subscription from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.pages.stopper()
    }

    fn deliver(&mut self) -> Option<Notification> {
        let notification = self.ready.pop_front()?;
        self.position = if self.ready.is_empty() {
            self.reached
        } else {
            notification.position
        };
        Some(notification)
    }
}

impl Stream for Subscription {
    type Item = Result<Notification, RecorderError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.pages.is_stopped() {
                self.ready.clear();
            }
            if let Some(notification) = self.deliver() {
                return Poll::Ready(Some(Ok(notification)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    self.reached = page.reached;
                    self.ready = page.notifications.into();
                    if self.ready.is_empty() {
                        self.position = self.reached;
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
