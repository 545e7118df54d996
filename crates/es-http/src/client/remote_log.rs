//! The log itself.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use es_persistence::{BoxFuture, Capabilities, LogPage, Operation, ReadableLog, RecorderError, Selection, Wakeup};
use uuid::Uuid;

use super::{
    RemoteError, RemoteLogBuilder, check,
    marks::Marks,
    request,
    retry::retrying,
    transport::Transport,
    watcher::{self, Watcher},
};
use crate::wire::{Last, Mark, Page};

/// The log of an application on another machine, read over HTTP.
///
/// With a name and a mapper it is an [`Upstream`](es_persistence::Upstream): a [`Source`](es_persistence::Source). The mapper has
/// the keys if states are encrypted.
///
/// Reads are repeated while the server cannot be reached. Each answer is checked: positions that do not grow, events beyond
/// what was asked for, holes where the server promises none, and sizes above a bound are errors. A reader that goes on where
/// a page has ended is told by [`RecorderErrorKind::Rewound`](es_persistence::RecorderErrorKind::Rewound) if the log does
/// not have the last event of that page any more. It is told once: if it goes on nevertheless, it reads the log as it is now.
///
/// A clone is the same log and shares connections.
///
/// ```no_run
/// # async fn run(mapper: es_persistence::Mapper) -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use es_http::client::RemoteLog;
/// use es_persistence::{Selection, Source, Subscription};
/// use futures_util::TryStreamExt as _;
///
/// let log = RemoteLog::builder("https://school.example/school").token(std::env::var("SCHOOL_TOKEN")?).build()?;
///
/// let mut events = Subscription::new(Arc::new(log.clone()), Selection::after(0));
/// while let Some(notification) = events.try_next().await? {
///     println!("{}: {}", notification.position, notification.event.topic);
/// }
///
/// let school = Source::new("School", Arc::new(log), mapper);      // what projections and systems follow
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RemoteLog {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Arc<Transport>,
    patience: Duration,
    marks: Marks,
    /// What the log promises, once the server has said so.
    capabilities: OnceLock<Capabilities>,
    watcher: Watcher,
}

impl RemoteLog {
    /// Begins to set up the log that a service offers at `base`, such as `https://school.example/school`.
    pub fn builder(base: impl Into<String>) -> RemoteLogBuilder {
        RemoteLogBuilder::new(base.into())
    }

    pub(super) fn new(transport: Transport, patience: Duration) -> Self {
        let transport = Arc::new(transport);
        Self {
            shared: Arc::new(Shared {
                watcher: Watcher::new(Arc::clone(&transport)),
                transport,
                patience,
                marks: Marks::default(),
                capabilities: OnceLock::new(),
            }),
        }
    }

    /// Says that the event `event_id` at `position` is the last one that was read before this program has started. A read that
    /// goes on after `position` fails if the log does not have the event any more.
    #[must_use]
    pub fn resuming(self, position: u64, event_id: Uuid) -> Self {
        self.shared.marks.put(position, Mark { position, event_id });
        self
    }

    /// Asks the server for the last position and for what its log promises.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the server cannot be reached or refuses; [`RemoteError::of`] tells more.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn connect(&self) -> Result<(), RecorderError> {
        self.last().await.map(drop)
    }

    async fn last(&self) -> Result<Last, RecorderError> {
        let Shared {
            transport, patience, ..
        } = &*self.shared;
        let last = retrying(*patience, || watcher::last(transport, None, Duration::ZERO)).await;
        let last = last.map_err(|error| error.into_recorder_error(Operation::MaxPosition))?;
        self.shared.learn(last);
        Ok(last)
    }

    async fn select(&self, selection: Selection) -> Result<LogPage, RecorderError> {
        let shared = &*self.shared;
        let is_beyond = i64::try_from(selection.lower()).is_err();
        if is_beyond || selection.max_len() == Some(0) {
            return Ok(LogPage::new(Vec::new(), selection.lower()));
        }
        let page = retrying(shared.patience, || shared.read(&selection)).await;
        page.map_err(|error| error.into_recorder_error(Operation::SelectNotifications))
    }
}

impl Shared {
    async fn read(&self, selection: &Selection) -> Result<LogPage, RemoteError> {
        let lower = selection.lower();
        // A read between two bounds looks something up; one without an upper bound goes on.
        let goes_on = selection.upper().is_none();
        let seen = self.marks.at(lower).filter(|_| goes_on);
        let url = request::selection(&self.transport.base, selection, seen);
        let names_topics = request::names_topics(&url);
        let body = self.transport.get(url, Duration::ZERO).await;
        if let Err(RemoteError::Rewound(_)) = &body {
            self.marks.forget(lower);
        }
        let body = body?;
        let sent: Page<'_> = serde_json::from_slice(&body)?;
        let page = check::page(sent, selection, names_topics)?;
        if goes_on {
            self.marks.remember(lower, &page);
        }
        Ok(page)
    }

    fn learn(&self, last: Last) {
        let mut capabilities = Capabilities::default();
        if last.contiguous {
            capabilities = capabilities.with_contiguous_positions();
        }
        if last.durable {
            capabilities = capabilities.with_durability();
        }
        self.capabilities.get_or_init(|| capabilities);
    }
}

impl ReadableLog for RemoteLog {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        Box::pin(self.select(selection))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async { Ok(self.last().await?.position) })
    }

    fn wakeup(&self) -> Wakeup {
        self.shared.watcher.wakeup()
    }

    /// What the server has said its log promises; nothing before it was asked, see [`connect`](RemoteLog::connect).
    fn capabilities(&self) -> Capabilities {
        self.shared.capabilities.get().copied().unwrap_or_default()
    }
}

impl fmt::Debug for RemoteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteLog")
            .field("watcher", &self.shared.watcher)
            .finish_non_exhaustive()
    }
}
