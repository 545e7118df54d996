//! How a batch of saves becomes as few commits as can be.

use es_persistence::{
    StoredEvent,
    sql::{Save, Table},
};
use sqlx::AssertSqlSafe;

use super::{Outcome, Writer, refusal::Refusal, statements::ROWS};
use crate::{error::Failure, rows};

/// Why one statement, or one save, has stored nothing.
enum WriteError {
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

impl Writer {
    pub(super) async fn write_batch(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(saves.len());
        let mut rest = saves;
        while !rest.is_empty() {
            let (group, others) = rest.split_at(group_len(rest));
            self.write_group(group, &mut outcomes).await;
            rest = others;
        }
        outcomes
    }

    /// Stores a group: all of it by one statement when it can be, else each save by its own, in one transaction.
    async fn write_group(&mut self, group: &[Save], outcomes: &mut Vec<Outcome>) {
        let rows = group.iter().map(|save| save.events.len()).sum();
        if rows > 0 && rows <= ROWS && group.iter().all(Save::is_plain) {
            match self
                .insert(Table::Events, group.iter().flat_map(|save| &save.events), rows)
                .await
            {
                Ok(first) => return outcomes.extend(number(group, first).map(Ok)),
                Err(WriteError::Refused(refusal)) if group.len() == 1 => {
                    return outcomes.push(Err(self.explain(&group[0], refusal).await));
                }
                Err(WriteError::Refused(_)) => {}
                Err(WriteError::Failed(failure)) => return self.settle(group, failure, outcomes).await,
            }
        }
        match self.write_one_by_one(group).await {
            Err(failure) => self.settle(group, failure, outcomes).await,
            Ok(written) => {
                for (save, written) in group.iter().zip(written) {
                    outcomes.push(match written {
                        Ok(positions) => Ok(positions),
                        Err(refusal) => Err(self.explain(save, refusal).await),
                    });
                }
            }
        }
    }

    /// Stores in one commit those saves of a group that are not refused.
    async fn write_one_by_one(&mut self, group: &[Save]) -> Result<Vec<Result<Vec<u64>, Refusal>>, Failure> {
        self.execute("BEGIN IMMEDIATE").await?;
        let mut written = Vec::with_capacity(group.len());
        for save in group {
            self.execute("SAVEPOINT save").await?;
            written.push(match self.write_one(save).await {
                Ok(positions) => Ok(positions),
                Err(WriteError::Refused(refusal)) => {
                    self.execute("ROLLBACK TO save").await?;
                    Err(refusal)
                }
                Err(WriteError::Failed(failure)) => return Err(failure),
            });
            self.execute("RELEASE save").await?;
        }
        self.execute("COMMIT").await?;
        Ok(written)
    }

    async fn write_one(&mut self, save: &Save) -> Result<Vec<u64>, WriteError> {
        if save.tracking.is_some() {
            self.insert_tracking(save).await?;
        }
        let mut positions = Vec::with_capacity(save.events.len());
        for part in save.events.chunks(ROWS) {
            let first = self.insert(save.table, part.iter(), part.len()).await?;
            positions.extend(first..first + part.len() as u64);
        }
        if save.table == Table::Snapshots {
            positions.clear();
        }
        Ok(positions)
    }

    /// Inserts `rows` rows by one statement, and returns the position of the first.
    async fn insert(
        &mut self,
        table: Table,
        events: impl Iterator<Item = &StoredEvent> + Send,
        rows: usize,
    ) -> Result<u64, WriteError> {
        let query = events.fold(self.statements.insert(table, rows), rows::bind);
        let done = query.execute(self.connection().await?).await.map_err(Failure::from)?;
        if done.rows_affected() != rows as u64 {
            let cause = format!("{} rows were written instead of {rows}", done.rows_affected());
            return Err(WriteError::Failed(Failure::new(cause)));
        }
        // One statement holds the lock from its first row to its last, so its positions are adjacent.
        // Snapshots have none.
        Ok((done.last_insert_rowid().unsigned_abs() + 1).saturating_sub(rows as u64))
    }

    async fn insert_tracking(&mut self, save: &Save) -> Result<(), WriteError> {
        let Some(tracking) = &save.tracking else { return Ok(()) };
        let query = sqlx::query(AssertSqlSafe(self.tables.tracking.insert.clone()))
            .bind(&*tracking.upstream)
            .bind(rows::to_column(tracking.position))
            .bind(tracking.event_id.map(|id| id.as_bytes().to_vec()));
        let done = query.execute(self.connection().await?).await.map_err(Failure::from)?;
        if done.rows_affected() == 1 {
            Ok(())
        } else {
            Err(WriteError::Refused(Refusal::Tracking))
        }
    }
}

/// How many of `saves`, from the first, may share a transaction; a first one that is too large has one of its own.
fn group_len(saves: &[Save]) -> usize {
    let mut rows = 0;
    let fits = saves.iter().take_while(|save| {
        rows += save.events.len();
        rows <= ROWS
    });
    fits.count().max(1)
}

/// The positions of each save's events, when the first event of the group has position `first`.
fn number(group: &[Save], first: u64) -> impl Iterator<Item = Vec<u64>> {
    group.iter().scan(first, |next, save| {
        let start = *next;
        *next += save.events.len() as u64;
        Some((start..*next).collect())
    })
}
