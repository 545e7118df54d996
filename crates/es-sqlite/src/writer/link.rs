//! The connection that writes, and what comes after it when it has failed.

use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::{
    config::Config,
    connection::{self, Place},
    error::Failure,
};

/// The connection that writes. It is opened again when it is needed.
pub(super) struct Link {
    config: Config,
    connection: Option<SqliteConnection>,
    /// Its write-ahead log.
    log: Place,
}

impl Link {
    pub(super) fn new(config: Config, connection: SqliteConnection) -> Self {
        Self {
            log: config.place.log(),
            config,
            connection: Some(connection),
        }
    }

    pub(super) async fn get(&mut self) -> Result<&mut SqliteConnection, Failure> {
        Ok(self.get_with_place().await?.0)
    }

    /// The connection, and the file that it writes.
    pub(super) async fn get_with_place(&mut self) -> Result<(&mut SqliteConnection, &Place), Failure> {
        self.config.place.check()?;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open().await?,
        };
        let connection = self.connection.insert(connection);
        self.log.check()?;
        Ok((connection, &self.config.place))
    }

    async fn open(&mut self) -> Result<SqliteConnection, Failure> {
        let opened = connection::open_writer(&self.config).await;
        self.log = self.config.place.log();
        opened.map_err(Failure::reopening)
    }

    pub(super) async fn execute(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.get().await?.execute(sql).await?;
        Ok(())
    }

    /// Closes the connection: it is never used again after a failure, for SQLite rolls back by itself after some failures
    /// and not after others.
    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Whatever fails here, the file is as the last commit left it.
            let _closed = connection.close().await;
        }
    }
}
