//! Learning what became of saves whose write has failed.
//!
//! A failed write is not a failed save: the disk may have what SQLite reported as an error, and a log that was written and
//! not synced may come back after a crash. So the file is opened anew, and the write-ahead log is moved into it and emptied
//! (`TRUNCATE`): what can be read then is on the disk, and nothing else can come back. When that does not succeed, nobody
//! knows.

use es_persistence::{Operation, RecorderErrorKind, StoredEvent};
use es_sql::{Save, Table};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{Outcome, Writer};
use crate::{error::Failure, rows};

/// What the file has of a save.
enum Found {
    /// All of it: every row, to the last byte.
    All(Vec<u64>),
    /// Nothing that is this save's.
    Nothing,
}

impl Writer {
    /// Says of each save of a group whether it is stored, after a write has failed.
    pub(super) async fn settle(&mut self, group: &[Save], failure: Failure, outcomes: &mut Vec<Outcome>) {
        self.link.close().await;
        if failure.is_before_commit() {
            let error = failure.into_error(Operation::InsertEvents);
            outcomes.extend(group.iter().map(|_| Err(error.clone())));
            return;
        }
        let error = failure.into_error_of(Operation::InsertEvents, RecorderErrorKind::OutcomeUnknown);
        match self.look_up(group).await {
            Ok(found) => outcomes.extend(found.into_iter().map(|found| match found {
                Found::All(positions) => Ok(positions),
                Found::Nothing => Err(error.clone().with_kind(RecorderErrorKind::NotStored)),
            })),
            // The first failure says more than that of the look.
            Err(_unknown) => {
                self.link.close().await;
                outcomes.extend(group.iter().map(|_| Err(error.clone())));
            }
        }
    }

    async fn look_up(&mut self, group: &[Save]) -> Result<Vec<Found>, Failure> {
        self.empty_log().await?;
        let mut found = Vec::with_capacity(group.len());
        for save in group {
            found.push(self.find(save).await?);
        }
        Ok(found)
    }

    /// Moves the write-ahead log into the file, syncs it, and empties the log.
    async fn empty_log(&mut self) -> Result<(), Failure> {
        let query = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (is_busy, _frames, _moved): (i64, i64, i64) = query.fetch_one(self.link.get().await?).await?;
        if is_busy == 0 {
            Ok(())
        } else {
            Err(Failure::new("the write-ahead log is in use"))
        }
    }

    async fn find(&mut self, save: &Save) -> Result<Found, Failure> {
        let sql = match save.table {
            Table::Events => self.tables.events.find.clone(),
            Table::Snapshots => self.tables.snapshots.find.clone(),
        };
        let mut positions = Vec::with_capacity(save.events.len());
        for event in &save.events {
            match find_row(self.link.get().await?, &sql, event).await? {
                Some(position) => positions.push(position),
                None => return Ok(Found::Nothing),
            }
        }
        if let Some(tracking) = &save.tracking
            && self
                .tables
                .last_position(self.link.get().await?, &tracking.upstream)
                .await?
                < tracking.position
        {
            return Ok(Found::Nothing);
        }
        if save.table == Table::Snapshots {
            positions.clear();
        }
        Ok(Found::All(positions))
    }
}

/// The position of `event`, when it is there just as it is. Its ID is in its state, so that no other is like it.
async fn find_row(connection: &mut SqliteConnection, sql: &str, event: &StoredEvent) -> Result<Option<u64>, Failure> {
    let query = rows::bind(sqlx::query(AssertSqlSafe(sql.to_owned())), event);
    let Some(row) = query.fetch_optional(connection).await? else {
        return Ok(None);
    };
    let position: i64 = row.try_get(0)?;
    Ok(Some(position.unsigned_abs()))
}
