//! An open file: one connection that writes, and several that read.

use std::{fmt, sync::Arc, time::Duration};

use es_persistence::{Operation, RecorderError};
use sqlx::{
    ConnectOptions as _, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection, sqlite::SqlitePoolOptions,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    config::{Config, Location},
    connection,
    error::Failure,
};

/// An open file.
pub(super) struct File {
    config: Config,
    /// `None` when the last one was closed because its use was broken off.
    writer: Arc<Mutex<Option<SqliteConnection>>>,
    readers: SqlitePool,
    /// Memory is gone with its last connection.
    _kept: Option<Mutex<SqliteConnection>>,
}

/// The connection that writes, for one use. It is closed when this is dropped, and kept when it is given back.
pub(super) struct Writer {
    place: OwnedMutexGuard<Option<SqliteConnection>>,
    connection: SqliteConnection,
}

/// How many may read at once.
const READERS: u32 = 16;

/// After so long a connection that nobody reads by is closed.
const IDLE: Duration = Duration::from_mins(1);

impl File {
    /// Opens a file and makes the tables that are missing.
    pub(super) async fn open(config: Config, tables: &'static str) -> Result<Self, RecorderError> {
        let mut writer = connection::open_writer(&config).await?;
        if config.create_table {
            make(&mut writer, tables)
                .await
                .map_err(|failure| connection::cannot_open(&config, failure))?;
        }
        let kept = match config.location {
            Location::Memory(_) => Some(Mutex::new(connection::open_writer(&config).await?)),
            Location::File(_) | Location::Uri(_) => None,
        };
        let options = connection::options(&config).pragma("query_only", "ON");
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(config.lock_timeout.max(Duration::from_secs(1)))
            .idle_timeout(IDLE)
            .after_release(|connection, _| Box::pin(end_transaction(connection)))
            .connect_lazy_with(options.disable_statement_logging());
        Ok(Self {
            config,
            writer: Arc::new(Mutex::new(Some(writer))),
            readers,
            _kept: kept,
        })
    }

    /// Lends the connection that writes, when others of this process are done with it.
    pub(super) async fn writer(&self) -> Result<Writer, RecorderError> {
        let mut place = Arc::clone(&self.writer).lock_owned().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None => connection::open_writer(&self.config).await?,
        };
        Ok(Writer { place, connection })
    }

    /// Lends a connection that reads.
    pub(super) async fn reader(&self) -> Result<PoolConnection<Sqlite>, RecorderError> {
        let reader = self.readers.acquire().await;
        reader.map_err(|error| Failure::from(error).into_error(Operation::ReadView))
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        drop(self.writer.lock().await.take());
    }
}

impl Writer {
    /// The connection.
    pub(super) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Keeps the connection for others.
    pub(super) fn give_back(self) {
        let Self { mut place, connection } = self;
        *place = Some(connection);
    }

    /// Keeps the connection if what it was used for has succeeded.
    pub(super) fn settle<T>(self, outcome: Result<T, sqlx::Error>, operation: Operation) -> Result<T, RecorderError> {
        let value = outcome.map_err(|error| Failure::from(error).into_error(operation))?;
        self.give_back();
        Ok(value)
    }
}

async fn make(connection: &mut SqliteConnection, tables: &'static str) -> Result<(), Failure> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::raw_sql(tables).execute(&mut *connection).await?;
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(())
}

/// A reader that has begun a transaction of its own leaves none to the next one.
async fn end_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    match sqlx::raw_sql("ROLLBACK").execute(connection).await {
        // There is none, usually.
        Ok(_) | Err(sqlx::Error::Database(_)) => Ok(true),
        Err(_) => Ok(false),
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
