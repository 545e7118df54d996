//! Statements that put the rows of saves into the tables, in a transaction that the caller has begun.

use es_persistence::{AppendCondition, SnapshotDeletion, StoredEvent, StoredSnapshot, Tracking};
use es_sql::{Save, keys_of};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    attempt::Token,
    refusal::Refusal,
    statements::{ROWS, Statements},
};
use crate::{
    error::Failure,
    rows::{self, IdColumn},
};

/// The greatest number of keys that one statement inserts.
const KEYS: usize = 1000;

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
        for condition in group.iter().filter_map(Save::condition) {
            self.check(connection, condition).await?;
        }
        for tracking in group.iter().filter_map(|save| save.tracking.as_ref()) {
            self.insert_tracking(connection, tracking, token).await?;
        }
        let mut first = None;
        for part in events.chunks(ROWS) {
            let position = self.insert_events(connection, part).await?;
            first.get_or_insert(position);
        }
        let first = first.unwrap_or_default();
        self.insert_keys(connection, group, first).await?;
        for save in group {
            self.write_snapshots(connection, save).await?;
        }
        Ok(first)
    }

    /// Refuses a save whose condition fails.
    async fn check(&self, connection: &mut SqliteConnection, condition: &AppendCondition) -> Result<(), WriteError> {
        let Some(lookup) = self.tables.tags.is_broken(condition) else {
            return Ok(());
        };
        let query = lookup.bind(sqlx::query(AssertSqlSafe(lookup.sql.clone())));
        let row = query.fetch_one(connection).await.map_err(Failure::from)?;
        let is_broken: i64 = row.try_get(0).map_err(Failure::from)?;
        match is_broken {
            0 => Ok(()),
            _ => Err(WriteError::Refused(Refusal::Condition)),
        }
    }

    /// Inserts the keys of the events that have tags; the first event of the group is at position `first`.
    async fn insert_keys(
        &self,
        connection: &mut SqliteConnection,
        group: &[Save],
        first: u64,
    ) -> Result<(), WriteError> {
        let events = (first..).zip(group.iter().flat_map(Save::tagged_events));
        let keys = events.flat_map(|(position, (event, tags))| {
            let keys = tags.map(|tags| keys_of(&event.topic, tags)).unwrap_or_default();
            keys.into_iter().map(move |key| (key, position))
        });
        let keys: Vec<_> = keys.collect();
        for part in keys.chunks(KEYS) {
            let insert = sqlx::query(AssertSqlSafe(self.tables.tags.insert(part.len())));
            let query = part.iter().fold(insert, |query, (key, position)| {
                query.bind(key.as_str()).bind(rows::to_column(*position))
            });
            query.execute(&mut *connection).await.map_err(Failure::from)?;
        }
        Ok(())
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
