//! How the rows of a save get into the tables, in a transaction that somebody else has begun.

use es_persistence::{StoredEvent, Tracking};
use es_sql::{Save, Table};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{
    refusal::Refusal,
    statements::{ROWS, Statements},
};
use crate::{error::Failure, rows};

/// Why one statement, or one save, has stored nothing.
pub(super) enum WriteError {
    /// The tables refuse it. What else is in the transaction is not harmed.
    Refused(Refusal),
    /// The store fails, and the transaction with it.
    Failed(Failure),
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        if failure.is_refusal() {
            Self::Refused(Refusal::Events)
        } else {
            Self::Failed(failure)
        }
    }
}

impl Statements {
    /// Inserts what `save` has, and returns the positions of its events. After an error some of it may be there.
    pub(super) async fn write(&self, connection: &mut SqliteConnection, save: &Save) -> Result<Vec<u64>, WriteError> {
        if let Some(tracking) = &save.tracking {
            self.insert_tracking(connection, tracking).await?;
        }
        let mut positions = Vec::with_capacity(save.events.len());
        for part in save.events.chunks(ROWS) {
            let first = self.insert(connection, save.table, part.iter(), part.len()).await?;
            positions.extend(first..first + part.len() as u64);
        }
        if save.table == Table::Snapshots {
            positions.clear();
        }
        Ok(positions)
    }

    /// Inserts `rows` rows by one statement, and returns the position of the first.
    pub(super) async fn insert(
        &self,
        connection: &mut SqliteConnection,
        table: Table,
        events: impl Iterator<Item = &StoredEvent> + Send,
        rows: usize,
    ) -> Result<u64, WriteError> {
        let query = events.fold(self.inserting(table, rows), rows::bind);
        let done = query.execute(connection).await.map_err(Failure::from)?;
        if done.rows_affected() != rows as u64 {
            let cause = format!("{} rows were written instead of {rows}", done.rows_affected());
            return Err(WriteError::Failed(Failure::new(cause)));
        }
        // One statement holds the lock from its first row to its last, so its positions are adjacent.
        // Snapshots have none.
        Ok((done.last_insert_rowid().unsigned_abs() + 1).saturating_sub(rows as u64))
    }

    async fn insert_tracking(&self, connection: &mut SqliteConnection, tracking: &Tracking) -> Result<(), WriteError> {
        let query = sqlx::query(AssertSqlSafe(self.tables.tracking.insert.clone()))
            .bind(&*tracking.upstream)
            .bind(rows::to_column(tracking.position))
            .bind(tracking.event_id.map(|id| id.as_bytes().to_vec()));
        let done = query.execute(connection).await.map_err(Failure::from)?;
        if done.rows_affected() == 1 {
            Ok(())
        } else {
            Err(WriteError::Refused(Refusal::Tracking))
        }
    }
}
