//! Following a log: what is there, then what comes.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{Stream, future::BoxFuture};
use tokio::sync::watch;

use crate::{ApplicationRecorder, Notification, RecorderError, Selection, Wakeup};

/// How many notifications are read at once.
const PAGE: usize = 500;

/// The notifications that a selection names: first those that are there, then each that comes, without end.
///
/// Nothing is missed and nothing comes twice. It reads a page when the last one has been taken, so that a slow consumer
/// costs no memory. It ends by itself when the selection has an upper bound or a limit and that is reached, and after
/// an error; a new one may be started after the last [`position`](Self::position).
#[must_use = "a stream does nothing unless it is polled"]
pub struct Subscription {
    state: State,
    ready: VecDeque<Notification>,
    /// Up to where nothing else is selected once `ready` has been delivered.
    passed: u64,
    position: u64,
    stop: watch::Sender<bool>,
}

enum State {
    Reading(BoxFuture<'static, Result<Page, RecorderError>>),
    Paused(Reader),
    Ended,
}

/// Ends a [`Subscription`] from elsewhere.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Ends the subscription: it delivers nothing more, not even what it has read already.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Subscription {
    /// Follows the log of `recorder`.
    pub fn new(recorder: Arc<dyn ApplicationRecorder>, selection: Selection) -> Self {
        let (stop, stopped) = watch::channel(false);
        // The wake-up comes before the first page: what is stored between the two is told, not missed.
        let wakeup = recorder.wakeup();
        let position = selection.lower();
        let reader = Reader {
            recorder,
            wakeup,
            selection,
            stopped,
        };
        Self {
            state: State::Paused(reader),
            ready: VecDeque::new(),
            passed: position,
            position,
            stop,
        }
    }

    /// The position up to which everything selected has been delivered, also past events that are not selected.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// What ends this subscription from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    fn deliver(&mut self) -> Option<Notification> {
        let notification = self.ready.pop_front()?;
        self.position = if self.ready.is_empty() {
            self.passed
        } else {
            notification.position
        };
        Some(notification)
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.ready.clear();
    }
}

impl Stream for Subscription {
    type Item = Result<Notification, RecorderError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if *self.stop.borrow() {
                self.end();
            }
            if let Some(notification) = self.deliver() {
                return Poll::Ready(Some(Ok(notification)));
            }
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Paused(reader) if reader.selection.max_len() == Some(0) => {}
                State::Paused(reader) => self.state = State::Reading(Box::pin(reader.next_page())),
                State::Reading(mut page) => {
                    let Poll::Ready(page) = page.as_mut().poll(context) else {
                        self.state = State::Reading(page);
                        return Poll::Pending;
                    };
                    match page {
                        Err(error) => return Poll::Ready(Some(Err(error))),
                        Ok(page) => self.take(page),
                    }
                }
            }
        }
    }
}

impl Subscription {
    fn take(&mut self, page: Page) {
        self.ready = page.notifications.into();
        self.passed = page.passed;
        if self.ready.is_empty() {
            self.position = self.passed;
        }
        if let Some(reader) = page.rest {
            self.state = State::Paused(reader);
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

/// Reads page after page.
struct Reader {
    recorder: Arc<dyn ApplicationRecorder>,
    wakeup: Wakeup,
    selection: Selection,
    stopped: watch::Receiver<bool>,
}

/// What was read, and who reads on.
struct Page {
    notifications: Vec<Notification>,
    passed: u64,
    rest: Option<Reader>,
}

impl Reader {
    /// Reads until there is something to deliver or to pass over, or nothing more can come.
    async fn next_page(mut self) -> Result<Page, RecorderError> {
        loop {
            let before = self.selection.lower();
            let (notifications, passed) = self.read().await?;
            let is_last = self.advance(passed, notifications.len());
            if is_last || passed > before {
                return Ok(Page {
                    notifications,
                    passed,
                    rest: (!is_last).then_some(self),
                });
            }
            if !self.wait().await {
                return Ok(Page {
                    notifications,
                    passed,
                    rest: None,
                });
            }
        }
    }

    /// Reads a page, and tells up to where nothing else is selected.
    async fn read(&self) -> Result<(Vec<Notification>, u64), RecorderError> {
        let last = self.recorder.max_position().await?.unwrap_or(0);
        let end = self.selection.upper().map_or(last, |upper| upper.min(last));
        let limit = self.selection.max_len().map_or(PAGE, |limit| limit.min(PAGE));
        let page = self.selection.clone().up_to(end).limit(limit);
        let notifications = self.recorder.select_notifications(page).await?;
        let is_full = notifications.len() == limit;
        let passed = notifications
            .last()
            .filter(|_| is_full)
            .map_or(end, |last| last.position);
        Ok((notifications, passed.max(self.selection.lower())))
    }

    /// Moves the selection on; true says that nothing more can come.
    fn advance(&mut self, reached: u64, delivered: usize) -> bool {
        let limit = self.selection.max_len().map(|limit| limit - delivered);
        let upper = self.selection.upper();
        self.selection = self.selection.clone().moved_to(reached, limit);
        limit == Some(0) || upper.is_some_and(|upper| reached >= upper)
    }

    /// Waits until there may be something new; false says that the subscription is stopped.
    async fn wait(&mut self) -> bool {
        let stopped = self.stopped.wait_for(|stopped| *stopped);
        tokio::select! {
            () = self.wakeup.wait() => true,
            _stopped = stopped => false,
        }
    }
}
