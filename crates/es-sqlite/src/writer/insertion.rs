//! Statements that put the rows of saves into the tables, in a transaction that the caller has begun.

use es_persistence::{SnapshotDeletion, StoredEvent, StoredSnapshot, Tracking};
use es_sql::Save;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{
    attempt::Token,
    refusal::Refusal,
    statements::{ROWS, Statements},
};
use crate::{
    error::Failure,
    rows::{self, IdColumn},
};

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
    /// Inserts what the saves of a group have, of which `events` are all events, and returns the position of the first
    /// event. After an error some of it may be there.
    pub(super) async fn write_group(
        &self,
        connection: &mut SqliteConnection,
        group: &[Save],
        events: &[&StoredEvent],
        token: &Token,
    ) -> Result<u64, WriteError> {
        for tracking in group.iter().filter_map(|save| save.tracking.as_ref()) {
            self.insert_tracking(connection, tracking, token).await?;
        }
        let mut first = None;
        for part in events.chunks(ROWS) {
            let position = self.insert_events(connection, part).await?;
            first.get_or_insert(position);
        }
        for save in group {
            self.write_snapshots(connection, save).await?;
        }
        Ok(first.unwrap_or_default())
    }

    /// Inserts what `save` has, and returns the positions of its events. After an error some of it may be there.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        save: &Save,
        token: &Token,
    ) -> Result<Vec<u64>, WriteError> {
        let events: Vec<_> = save.events.iter().collect();
        let group = std::slice::from_ref(save);
        let first = self.write_group(connection, group, &events, token).await?;
        Ok((first..).take(events.len()).collect())
    }

    /// Inserts events by one statement, and returns the position of the first.
    pub(super) async fn insert_events(
        &self,
        connection: &mut SqliteConnection,
        events: &[&StoredEvent],
    ) -> Result<u64, WriteError> {
        let insert = self.inserting(events.len());
        let query = events
            .iter()
            .fold(insert, |query, event| rows::bind_event(query, event));
        let done = query.execute(connection).await.map_err(Failure::from)?;
        let rows = events.len() as u64;
        if done.rows_affected() != rows {
            let cause = format!("{} rows were written instead of {rows}", done.rows_affected());
            return Err(WriteError::Failed(Failure::new(cause)));
        }
        // One statement holds the lock from its first row to its last, so its positions are adjacent.
        Ok((done.last_insert_rowid().unsigned_abs() + 1).saturating_sub(rows))
    }

    async fn insert_tracking(
        &self,
        connection: &mut SqliteConnection,
        tracking: &Tracking,
        token: &Token,
    ) -> Result<(), WriteError> {
        let query = sqlx::query(AssertSqlSafe(self.tables.tracking.insert.clone()))
            .bind(&*tracking.key.consumer)
            .bind(&*tracking.key.upstream)
            .bind(rows::to_column(tracking.position))
            .bind(tracking.event_id.map(|id| id.as_bytes().to_vec()))
            .bind(rows::to_column(tracking.fence))
            .bind(token.as_slice());
        let done = query.execute(connection).await.map_err(Failure::from)?;
        if done.rows_affected() == 1 {
            Ok(())
        } else {
            Err(WriteError::Refused(Refusal::Tracking))
        }
    }

    /// Deletes and inserts the snapshots of a save.
    pub(super) async fn write_snapshots(&self, connection: &mut SqliteConnection, save: &Save) -> Result<(), Failure> {
        if let Some(deletion) = &save.deletion {
            self.delete_snapshots(connection, deletion).await?;
        }
        for snapshot in save.snapshots.iter() {
            self.insert_snapshot(connection, snapshot).await?;
        }
        Ok(())
    }

    async fn insert_snapshot(
        &self,
        connection: &mut SqliteConnection,
        snapshot: &StoredSnapshot,
    ) -> Result<(), Failure> {
        let query = sqlx::query(AssertSqlSafe(self.tables.snapshots.insert.clone()));
        rows::bind_snapshot(query, snapshot).execute(connection).await?;
        Ok(())
    }

    async fn delete_snapshots(
        &self,
        connection: &mut SqliteConnection,
        deletion: &SnapshotDeletion,
    ) -> Result<(), Failure> {
        let table = &self.tables.snapshots;
        let query = match deletion {
            SnapshotDeletion::OfAggregate(id) => {
                sqlx::query(AssertSqlSafe(table.delete_of_aggregate.clone())).bind(IdColumn(id))
            }
            SnapshotDeletion::OfTopic(topic) => sqlx::query(AssertSqlSafe(table.delete_of_topic.clone())).bind(topic),
            _ => return Err(Failure::new(format!("{deletion:?} is unknown to this store"))),
        };
        query.execute(connection).await?;
        Ok(())
    }
}
