//! What can be read: a part of an aggregate's events, a part of the log, the last position, how far others have been
//! processed.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use es_persistence::{Notification, Selection, StoredEvent, StreamSelection, Tracking};
use es_sql::Table;
use sqlx::Row as _;
use tokio::{sync::Notify, time::sleep};

use crate::{
    connection::Connection,
    error::Failure,
    rows::{self, to_column},
    schema::Tables,
};

/// Something to read. It may be read again from the start when the connection is lost.
pub(crate) trait Reading: Send + Sync + 'static {
    /// What it comes to.
    type Output: Send + 'static;

    /// Reads it.
    fn read(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// Reads a part of an aggregate's events.
pub(crate) struct StreamReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) table: Table,
    pub(crate) selection: StreamSelection,
}

impl Reading for StreamReading {
    type Output = Vec<StoredEvent>;

    async fn read(&self, connection: &mut Connection) -> Result<Vec<StoredEvent>, Failure> {
        let table = match self.table {
            Table::Events => &self.tables.events,
            Table::Snapshots => &self.tables.snapshots,
        };
        let statement = if self.selection.is_descending() {
            &table.select_descending
        } else {
            &table.select
        };
        let id = self.selection.originator_id();
        let (uuid, text) = rows::id_columns(id);
        let query = statement
            .query()
            .bind(uuid)
            .bind(text)
            .bind(to_column(self.selection.lower()))
            .bind(to_column(self.selection.upper().unwrap_or(u64::MAX)))
            .bind(limit(self.selection.max_len()));
        let rows = query.fetch_all(&mut connection.driver).await?;
        rows.iter().map(|row| rows::event(row, id.clone(), 0)).collect()
    }
}

/// The last position up to which everything can be read, as far as it is known in this process.
///
/// What was found by one connection holds for every other that was open by then: they are at the same server, and on the
/// same side of a fail-over.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    known: Mutex<Option<(u64, Instant)>>,
    /// The last position that a save of this process has returned.
    stored: AtomicU64,
    /// The last position that another process has told of.
    heard: AtomicU64,
    /// Told when a reader may not read yet what is stored.
    behind: Notify,
}

/// For how long a reader waits for what its own process has stored, when an earlier append is not through yet.
const PATIENCE: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(1);

impl Settled {
    fn covers(&self, position: u64, connection: &Connection) -> bool {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_some_and(|(settled, found)| position <= settled && connection.opened < found)
    }

    /// A save of this process has returned `position`.
    pub(crate) fn stored(&self, position: u64) {
        self.stored.fetch_max(position, SeqCst);
    }

    pub(crate) fn last_stored(&self) -> u64 {
        self.stored.load(SeqCst)
    }

    /// Another process has told that it has stored events up to `position`.
    pub(crate) fn heard(&self, position: u64) {
        self.heard.fetch_max(position, SeqCst);
    }

    /// Waits until a reader may not read yet what is known to be stored.
    pub(crate) async fn is_behind(&self) {
        self.behind.notified().await;
    }

    fn learn(&self, position: u64, found: Instant) {
        if position < self.last_stored().max(self.heard.load(SeqCst)) {
            self.behind.notify_one();
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none_or(|(_, earlier)| earlier < found) {
            *known = Some((position, found));
        }
    }
}

/// Asks for the last position, and up to which position everything can be read.
pub(crate) struct SettledReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) settled: Arc<Settled>,
}

impl Reading for SettledReading {
    type Output = LastPositions;

    /// What this process has stored before is there, unless another one keeps an earlier append open for long.
    async fn read(&self, connection: &mut Connection) -> Result<LastPositions, Failure> {
        let (begun, stored) = (Instant::now(), self.settled.last_stored());
        loop {
            let last = self.ask(connection).await?;
            if last.settled >= stored || begun.elapsed() > PATIENCE {
                return Ok(last);
            }
            sleep(PAUSE).await;
        }
    }
}

impl SettledReading {
    async fn ask(&self, connection: &mut Connection) -> Result<LastPositions, Failure> {
        let asked = Instant::now();
        let row = self.tables.settled.query().fetch_one(&mut connection.driver).await?;
        let settled = rows::number(&row, 0)?;
        self.settled.learn(settled, asked);
        let event = row.try_get::<Option<i64>, _>(1)?.map(u64::try_from);
        Ok(LastPositions {
            settled,
            event: event.transpose().map_err(Failure::unreadable)?,
        })
    }
}

/// Where the log ends.
pub(crate) struct LastPositions {
    /// Everything up to here can be read.
    pub(crate) settled: u64,
    /// The last event up to there; what a failed save has taken along is after it.
    pub(crate) event: Option<u64>,
}

/// Reads a part of the log.
pub(crate) struct LogReading {
    pub(crate) bound: SettledReading,
    pub(crate) selection: Selection,
}

impl LogReading {
    /// The last position that may be read. It is asked for in a statement of its own, before the one that reads: what is
    /// at or below it can be seen only by a statement that begins later.
    async fn upper(&self, connection: &mut Connection) -> Result<u64, Failure> {
        let upper = self.selection.upper().unwrap_or(u64::MAX);
        if self.bound.settled.covers(upper, connection) {
            return Ok(upper);
        }
        Ok(self.bound.read(connection).await?.settled.min(upper))
    }
}

impl Reading for LogReading {
    type Output = Vec<Notification>;

    async fn read(&self, connection: &mut Connection) -> Result<Vec<Notification>, Failure> {
        let (lower, topics) = (self.selection.lower(), self.selection.selected_topics());
        let upper = self.upper(connection).await?;
        if lower >= upper || self.selection.max_len() == Some(0) {
            return Ok(Vec::new());
        }
        let tables = &self.bound.tables;
        let statement = if topics.is_empty() {
            &tables.select_log
        } else {
            &tables.select_log_of_topics
        };
        let query = statement.query().bind(to_column(lower)).bind(to_column(upper));
        let query = query.bind(limit(self.selection.max_len()));
        let query = if topics.is_empty() { query } else { query.bind(topics) };
        let rows = query.fetch_all(&mut connection.driver).await?;
        rows.iter().map(rows::notification).collect()
    }
}

/// Asks how far an upstream has been processed.
pub(crate) struct TrackingReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) upstream: Arc<str>,
}

impl Reading for TrackingReading {
    type Output = Option<Tracking>;

    async fn read(&self, connection: &mut Connection) -> Result<Option<Tracking>, Failure> {
        let query = self.tables.last_tracking.query().bind(&*self.upstream);
        let Some(row) = query.fetch_optional(&mut connection.driver).await? else {
            return Ok(None);
        };
        Ok(Some(Tracking {
            upstream: Arc::clone(&self.upstream),
            position: rows::number(&row, 0)?,
            event_id: row.try_get(1)?,
        }))
    }
}

/// The `LIMIT`, or none.
fn limit(limit: Option<usize>) -> Option<i64> {
    limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX))
}
