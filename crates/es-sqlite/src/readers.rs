//! The connections that read, and how long they may keep a thread of the runtime.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use es_persistence::{Operation, RecorderError};
use es_sql::group_commit::detached;
use rusqlite::Connection;
use tokio::{
    runtime::Handle,
    sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, Semaphore},
};

use crate::{config::Config, connection, error::Failure, gate::Gate};

/// How many reads go on at once.
const CONNECTIONS: u32 = 8;

/// How much more may be read before the reading has to pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    rows: usize,
    bytes: usize,
}

impl Budget {
    /// How many rows are looked at, and how many bytes of states are read, on the caller's thread: about a millisecond of work
    /// when the file is in memory. A longer reading goes on in a thread for blocking work.
    pub(crate) const PAGE: Self = Self {
        rows: 1000,
        bytes: 1 << 20,
    };

    const UNLIMITED: Self = Self {
        rows: usize::MAX,
        bytes: usize::MAX,
    };

    /// Accounts for a row. Returns `false` if the reading has to pause after the row.
    pub(crate) fn spend(&mut self, bytes: usize) -> bool {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        !self.is_spent()
    }

    /// Returns `true` if the reading has to pause.
    pub(crate) const fn is_spent(self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    /// How many more rows may be looked at.
    pub(crate) const fn rows(self) -> u64 {
        self.rows as u64
    }
}

/// A read that can pause and go on, on the same connection.
pub(crate) trait Reading: Send + 'static {
    /// The result of the read.
    type Output: Send + 'static;

    /// Reads on until `budget` is spent. Returns `true` if all has been read.
    fn advance(&mut self, connection: &Connection, budget: Budget) -> Result<bool, Failure>;

    /// Returns the result, once all has been read.
    fn finish(self) -> Self::Output;
}

/// Connections that are opened when they are needed, and kept.
pub(crate) struct Readers {
    config: Config,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    gate: Gate,
    runtime: Handle,
}

impl Readers {
    pub(crate) fn new(config: Config, gate: Gate, runtime: Handle) -> Arc<Self> {
        Arc::new(Self {
            config,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(CONNECTIONS as usize)),
            gate,
            runtime,
        })
    }

    /// Reads all of `reading`: at once, or in a task when it has to wait. A future that has been given what it waited for
    /// and is not polled would keep that from others, the writer of a database in memory among them.
    pub(crate) async fn read<R: Reading>(
        self: &Arc<Self>,
        operation: Operation,
        reading: R,
    ) -> Result<R::Output, RecorderError> {
        let readers = Arc::clone(self);
        let read = detached(&self.runtime, async move { readers.read_all(reading).await }).await;
        let read = read.unwrap_or_else(|ended| Err(Failure::ended(ended)));
        read.map_err(|failure| failure.into_error(operation))
    }

    async fn read_all<R: Reading>(self: Arc<Self>, mut reading: R) -> Result<R::Output, Failure> {
        let mut lease = self.lease().await?;
        if lease.advance(&mut reading, Budget::PAGE)? {
            return Ok(reading.finish());
        }
        let rest = move || {
            while !lease.advance(&mut reading, Budget::UNLIMITED)? {}
            Ok(reading.finish())
        };
        tokio::task::spawn_blocking(rest).await.map_err(Failure::ended)?
    }

    async fn lease(self: &Arc<Self>) -> Result<Lease, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_closed| Failure::closed())?;
        let gate = self.gate.read().await;
        self.config.place.check()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open_reader(&self.config)?,
        };
        Ok(Lease {
            readers: Arc::clone(self),
            connection: Some(connection),
            _permit: permit,
            _gate: gate,
        })
    }

    /// Waits for the reads that are running, closes all connections, and refuses later reads.
    pub(crate) async fn close(&self) {
        let running = self.permits.acquire_many(CONNECTIONS).await;
        self.permits.close();
        drop(running);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// A connection in use; it goes back when this is dropped, unless it has failed.
struct Lease {
    readers: Arc<Readers>,
    connection: Option<Connection>,
    _permit: OwnedSemaphorePermit,
    _gate: Option<OwnedRwLockReadGuard<()>>,
}

impl Lease {
    fn advance(&mut self, reading: &mut impl Reading, budget: Budget) -> Result<bool, Failure> {
        let Some(connection) = self.connection.take() else {
            return Err(Failure::new("the connection is gone"));
        };
        let is_done = reading.advance(&connection, budget)?;
        self.connection = Some(connection);
        Ok(is_done)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.readers.permits.is_closed() {
            return;
        }
        // One that was dropped within a transaction would keep the next reading at the moment of this one.
        let usable = self.connection.take().filter(Connection::is_autocommit);
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(usable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rows of `bytes` bytes are read before the reading has to leave the caller's thread.
    fn rows(bytes: usize) -> usize {
        let mut page = Budget::PAGE;
        1 + (0..page.rows).take_while(|_| page.spend(bytes)).count()
    }

    #[test]
    fn the_callers_thread_is_kept_for_a_thousand_rows_or_a_mebibyte() {
        assert_eq!(rows(0), 1000);
        assert_eq!(rows(100), 1000);
        assert_eq!(rows(16 << 10), 64);
        assert_eq!(rows(1 << 30), 1);
    }
}
