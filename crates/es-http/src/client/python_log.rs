//! The log of an application of the Python library.

mod row;

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use es_persistence::{
    BoxFuture, Capabilities, LogPage, Mapper, Notification, Operation, ReadableLog, RecorderError, Selection, Waker,
    Wakeup, import::PythonImporter,
};

use self::row::Section;
use super::{Fault, RemoteError, retry::retrying, transport::Transport};

/// The log of an application of the Python library `eventsourcing`, which its `NotificationLogJSONService` presents over
/// HTTP: `GET {base}/log/1,10` answers with what `get_log_section("1,10")` returns.
///
/// Rows are imported as they are read: the [`PythonImporter`] decodes them, and the mapper writes them anew, so that
/// projections and subscriptions read them as events of ours. Event IDs are made of the aggregate's ID and version, and are the
/// same each time.
///
/// The service of the Python library tells neither the last position nor when there is something new. The last position is
/// searched for, and those who wait look once a second.
///
/// ```
/// # fn run(mapper: es_persistence::Mapper) -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use es_http::client::RemoteLog;
/// use es_persistence::{Source, import::PythonImporter};
///
/// let log = RemoteLog::builder("https://school.example").build_python(PythonImporter::new(), mapper.clone())?;
/// let school = Source::new("School", Arc::new(log), mapper);
/// # Ok(())
/// # }
/// ```
pub struct PythonLog {
    transport: Transport,
    patience: Duration,
    importer: PythonImporter,
    mapper: Mapper,
    /// A position at or below the last one.
    known: AtomicU64,
    /// Never wakes anybody: the pace does.
    waker: Waker,
}

/// How many events are asked for at once. The service sends as many as its own section size allows.
const LEN: u64 = 1_000;

/// How often those who wait look for new events.
const PACE: Duration = Duration::from_secs(1);

/// The greatest position.
const GREATEST: u64 = i64::MAX.unsigned_abs();

impl PythonLog {
    pub(super) fn new(transport: Transport, patience: Duration, importer: PythonImporter, mapper: Mapper) -> Self {
        Self {
            transport,
            patience,
            importer,
            mapper,
            known: AtomicU64::new(0),
            waker: Waker::new(),
        }
    }

    async fn select(&self, selection: &Selection) -> Result<LogPage, RemoteError> {
        let (lower, upper) = (selection.lower(), selection.upper().unwrap_or(GREATEST).min(GREATEST));
        let limit = selection.max_len().map_or(LEN, |len| LEN.min(len as u64));
        if limit == 0 || lower >= upper {
            return Ok(LogPage::new(Vec::new(), lower));
        }
        let last = lower.saturating_add(limit).min(GREATEST);
        let (mut found, mut reached) = (Vec::new(), lower);
        for notification in self.section(lower + 1, last).await? {
            if notification.position > upper {
                reached = upper;
                break;
            }
            reached = notification.position;
            if selection.has_topic(&notification.event.topic) {
                found.push(notification);
            }
        }
        Ok(LogPage::new(found, reached))
    }

    /// Reads events from position `first` on, at most as many as there are positions up to `last`.
    async fn section(&self, first: u64, last: u64) -> Result<Vec<Notification>, RemoteError> {
        let url = self.transport.base.join(&format!("log/{first},{last}"));
        let body = retrying(self.patience, || self.transport.get(url.clone(), Duration::ZERO)).await?;
        let section: Section<'_> = serde_json::from_slice(&body)?;
        if section.items.len() as u64 > last - first + 1 {
            return Err(Fault::TooMany.into());
        }
        let mut after = first - 1;
        let mut notifications = Vec::with_capacity(section.items.len());
        for item in section.items {
            notifications.push(item.import(&mut after, &self.importer, &self.mapper)?);
        }
        Ok(notifications)
    }

    /// Searches for the last position: doubling steps beyond what is known, and then halves of the last step.
    async fn last(&self) -> Result<Option<u64>, RemoteError> {
        let (mut known, mut step) = (self.known.load(Relaxed), 1_u64);
        let mut beyond = GREATEST;
        while known < beyond {
            let tried = known.saturating_add(step).min(beyond);
            // The first event at or after the position that is tried; positions may have holes.
            if let Some(found) = self.section(tried, tried).await?.first() {
                known = found.position;
                step = step
                    .saturating_mul(2)
                    .min(beyond.saturating_sub(known).div_ceil(2))
                    .max(1);
            } else {
                beyond = tried - 1;
                step = beyond.saturating_sub(known).div_ceil(2).max(1);
            }
        }
        self.known.fetch_max(known, Relaxed);
        Ok((known > 0).then_some(known))
    }
}

impl ReadableLog for PythonLog {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        Box::pin(async move {
            let page = self.select(&selection).await;
            page.map_err(|error| error.into_recorder_error(Operation::SelectNotifications))
        })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async {
            let last = self.last().await;
            last.map_err(|error| error.into_recorder_error(Operation::MaxPosition))
        })
    }

    fn wakeup(&self) -> Wakeup {
        self.waker.listen().at_least_every(PACE)
    }

    /// Nothing: the service does not tell.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

impl fmt::Debug for PythonLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PythonLog")
            .field("importer", &self.importer)
            .finish_non_exhaustive()
    }
}
