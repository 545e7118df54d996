//! Following a log page by page.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{Stream, future::BoxFuture};
use tokio::sync::watch;

use crate::{LogPage, ReadableLog, RecorderError, Selection, Wakeup};

/// The pages of a log: first the stored events, then new ones as they come, without end.
///
/// A page is empty if nothing that is selected was found up to the position that it has reached. Nothing is missed and
/// nothing comes twice. The stream ends when the upper bound or the limit of the selection is reached, when it is
/// [stopped](Self::stopper), and after an error.
#[must_use = "a stream does nothing unless it is polled"]
pub struct LogPages {
    state: State,
    stop: watch::Sender<bool>,
}

enum State {
    Reading(BoxFuture<'static, Result<Read, RecorderError>>),
    Paused(Reader),
    Ended,
}

/// Ends a stream of events from elsewhere.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Ends the stream: it delivers nothing more, not even what it has read already.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl LogPages {
    /// Follows `log` from the beginning of `selection`, in pages of at most `page` events.
    pub fn new(log: Arc<dyn ReadableLog>, selection: Selection, page: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        // The wake-up comes before the first page: what is stored between the two is told, not missed.
        let wakeup = log.wakeup();
        let reader = Reader {
            log,
            wakeup,
            selection,
            page: page.max(1),
            stopped,
        };
        Self {
            state: State::Paused(reader),
            stop,
        }
    }

    /// Returns a handle that ends this stream from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Returns `true` if the stream was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

impl Stream for LogPages {
    type Item = Result<LogPage, RecorderError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_stopped() {
                self.state = State::Ended;
            }
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Paused(reader) if reader.selection.max_len() == Some(0) => {}
                State::Paused(reader) => self.state = State::Reading(Box::pin(reader.next_page())),
                State::Reading(mut page) => {
                    let Poll::Ready(read) = page.as_mut().poll(context) else {
                        self.state = State::Reading(page);
                        return Poll::Pending;
                    };
                    return Poll::Ready(self.take(read));
                }
            }
        }
    }
}

impl LogPages {
    fn take(&mut self, read: Result<Read, RecorderError>) -> Option<Result<LogPage, RecorderError>> {
        match read {
            Err(error) => Some(Err(error)),
            Ok(Read { page: None, .. }) => None,
            Ok(Read { page: Some(page), rest }) => {
                self.state = rest.map_or(State::Ended, State::Paused);
                Some(Ok(page))
            }
        }
    }
}

impl fmt::Debug for LogPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogPages").finish_non_exhaustive()
    }
}

/// Reads page after page.
struct Reader {
    log: Arc<dyn ReadableLog>,
    wakeup: Wakeup,
    selection: Selection,
    page: usize,
    stopped: watch::Receiver<bool>,
}

/// A page, unless the stream was stopped, and the reader of the next one, unless nothing more can come.
struct Read {
    page: Option<LogPage>,
    rest: Option<Reader>,
}

impl Reader {
    /// Reads until the log has moved on, or nothing more can come.
    async fn next_page(mut self) -> Result<Read, RecorderError> {
        loop {
            let before = self.selection.lower();
            let limit = self.selection.max_len().unwrap_or(usize::MAX).min(self.page);
            let selection = self.selection.clone().limit(limit);
            let page = self.log.select_notifications(selection).await?;
            let rest = self.selection.clone().rest(page.reached, page.notifications.len());
            let Some(selection) = rest else {
                let page = Some(page);
                return Ok(Read { page, rest: None });
            };
            self.selection = selection;
            if page.reached > before {
                let (page, rest) = (Some(page), Some(self));
                return Ok(Read { page, rest });
            }
            if !self.wait().await {
                return Ok(Read { page: None, rest: None });
            }
        }
    }

    /// Waits until there may be something new. Returns `false` if the stream was stopped.
    async fn wait(&mut self) -> bool {
        let stopped = self.stopped.wait_for(|stopped| *stopped);
        tokio::select! {
            () = self.wakeup.wait() => true,
            _stopped = stopped => false,
        }
    }
}
