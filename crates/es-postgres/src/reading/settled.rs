//! Up to which position the log can be read.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use sqlx::Row as _;
use tokio::{sync::Notify, time::sleep};

use super::Reading;
use crate::{connection::Connection, error::Failure, rows, schema::Tables};

/// The last position up to which everything can be read, as far as it is known in this process.
///
/// What was found by one connection holds for every other that was open by then: they are at the same server, and on the
/// same side of a fail-over.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// The last event that is known to be readable with all before it, and when it was looked for.
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
/// For how long a position up to which everything can be read is as good as a new one, for a read that takes any.
const FRESH: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(1);

impl Settled {
    /// Whether `connection` can read everything up to `position`, and an event at or above it.
    pub(super) fn covers(&self, position: u64, connection: &Connection) -> bool {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_some_and(|(last, found)| position <= last && connection.opened < found)
    }

    /// The last position up to which `connection` can read everything, if that was found a short time ago.
    fn fresh(&self, connection: &Connection) -> Option<u64> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, found) = known?;
        (connection.opened < found && found.elapsed() < FRESH).then_some(last)
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

    fn learn(&self, last: &LastPositions, found: Instant) {
        if last.settled < self.last_stored().max(self.heard.load(SeqCst)) {
            self.behind.notify_one();
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none_or(|(_, earlier)| earlier < found) {
            *known = Some((last.event.unwrap_or(0), found));
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
    /// Returns a position up to which everything can be read by the statements that come after this call. It need not be the
    /// last one.
    pub(super) async fn lower_bound(&self, connection: &mut Connection) -> Result<u64, Failure> {
        match self.settled.fresh(connection) {
            Some(position) => Ok(position),
            None => Ok(self.ask(connection).await?.event.unwrap_or(0)),
        }
    }

    async fn ask(&self, connection: &mut Connection) -> Result<LastPositions, Failure> {
        let asked = Instant::now();
        let row = self.tables.settled.query().fetch_one(&mut connection.driver).await?;
        let event = row.try_get::<Option<i64>, _>(1)?.map(u64::try_from);
        let last = LastPositions {
            settled: rows::number(&row, 0)?,
            event: event.transpose().map_err(Failure::unreadable)?,
        };
        self.settled.learn(&last, asked);
        Ok(last)
    }
}

/// Where the log ends.
pub(crate) struct LastPositions {
    /// Everything up to here can be read.
    pub(crate) settled: u64,
    /// The last event up to there; what a failed save has taken along is after it.
    pub(crate) event: Option<u64>,
}
