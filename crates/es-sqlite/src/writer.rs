//! The connection that writes, in the hands of one task.

mod batch;
mod refusal;
mod settle;
mod statements;

use std::sync::Arc;

use es_persistence::{RecorderError, RecorderErrorKind, Waker, group_commit::BatchWriter, sql::Save};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use self::statements::Statements;
use crate::{config::Config, connection, error::Failure, gate::Gate, schema::Tables};

/// The positions of a save's events, or why it is not stored.
type Outcome = Result<Vec<u64>, RecorderError>;

/// Writes batches of saves.
///
/// After any failure but a refused row the connection is closed, and another one opened for the next batch.
pub(crate) struct Writer {
    config: Config,
    tables: Arc<Tables>,
    connection: Option<SqliteConnection>,
    statements: Statements,
    gate: Gate,
    wakers: Wakers,
}

/// Who is told of what is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wakers {
    pub(crate) events: Waker,
    pub(crate) tracking: Waker,
}

impl Writer {
    pub(crate) fn new(
        config: Config,
        tables: Arc<Tables>,
        connection: SqliteConnection,
        gate: Gate,
        wakers: Wakers,
    ) -> Self {
        let statements = Statements::new(&tables);
        Self {
            config,
            tables,
            connection: Some(connection),
            statements,
            gate,
            wakers,
        }
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.connection().await?.execute(sql).await?;
        Ok(())
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, Failure> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open_writer(&self.config)
                .await
                .map_err(Failure::reopening)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Closes the connection: it is never used again after a failure, for SQLite rolls back by itself after some failures
    /// and not after others.
    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            // It has failed already.
            let _closed = connection.close().await;
        }
    }

    /// Tells of what is stored; also after an unknown outcome, for then it may be.
    fn wake(&self, saves: &[Save], outcomes: &[Outcome]) {
        let is_refusal = |error: &RecorderError| {
            matches!(
                error.kind(),
                RecorderErrorKind::Conflict(_) | RecorderErrorKind::AlreadyTracked(_)
            )
        };
        let mut stored = saves
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| !outcome.as_ref().is_err_and(is_refusal));
        if stored.clone().any(|(save, _)| !save.events.is_empty()) {
            self.wakers.events.wake();
        }
        if stored.any(|(save, _)| save.tracking.is_some()) {
            self.wakers.tracking.wake();
        }
    }
}

impl BatchWriter for Writer {
    type Save = Save;
    type Error = RecorderError;

    async fn write(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let gate = self.gate.write().await;
        let outcomes = self.write_batch(saves).await;
        drop(gate);
        self.wake(saves, &outcomes);
        outcomes
    }

    async fn close(mut self) {
        // Whatever fails here, the file is as the last commit left it.
        self.disconnect().await;
    }
}
