//! The connection that writes, in the hands of one task.

use std::{collections::HashMap, sync::Arc};

use es_persistence::{
    Conflict, Operation, OriginatorId, RecorderError, RecorderErrorKind, StoredEvent,
    group_commit::{BatchWriter, Save},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};

use crate::{STORE, config::Config, connection, error::Failure, rows, schema::EventsTable};

/// How many rows one statement inserts at most: SQLite takes 32,766 values, four a row.
const ROWS: usize = 1000;

/// Statements for up to so many rows are prepared once and kept.
const KEPT: usize = 64;

/// The positions of a save's events, or why it is not stored.
type Outcome = Result<Vec<u64>, RecorderError>;

/// Writes batches of saves, each in one commit.
///
/// After any failure but a refused row the connection is closed and another one opened for the next batch: the driver
/// keeps count of transactions, and loses it when SQLite rolls back by itself.
pub(crate) struct Writer {
    config: Config,
    table: Arc<EventsTable>,
    connection: Option<SqliteConnection>,
    /// The statement for `n` rows is at index `n - 1`.
    inserts: Vec<Arc<str>>,
}

/// Why a group of saves is not stored.
enum GroupError {
    /// A row does not follow; nothing of the group is stored.
    Refused,
    /// The store fails.
    Failed(Failure),
}

impl From<Failure> for GroupError {
    fn from(failure: Failure) -> Self {
        if failure.is_refusal() { Self::Refused } else { Self::Failed(failure) }
    }
}

impl Writer {
    pub(crate) fn new(config: Config, table: Arc<EventsTable>, connection: SqliteConnection) -> Self {
        let inserts = (1..=KEPT).map(|rows| table.insert(rows).into()).collect();
        Self { config, table, connection: Some(connection), inserts }
    }

    /// Stores a group of saves that fit into one statement, or one save that does not.
    async fn write_group(&mut self, group: &[Save], outcomes: &mut Vec<Outcome>) {
        match self.try_group(group).await {
            Ok(first) => outcomes.extend(number(group, first).map(Ok)),
            Err(GroupError::Refused) if group.len() == 1 => outcomes.push(Err(self.conflict(&group[0]).await)),
            Err(GroupError::Refused) => self.write_one_by_one(group, outcomes).await,
            Err(GroupError::Failed(failure)) => {
                self.connection = None;
                let error = failed(failure);
                outcomes.extend(group.iter().map(|_| Err(error.clone())));
            }
        }
    }

    /// Stores the whole group in one commit, and returns the position of its first event.
    async fn try_group(&mut self, group: &[Save]) -> Result<u64, GroupError> {
        let rows = group.iter().map(Vec::len).sum();
        if rows <= ROWS {
            return Ok(self.insert(group.iter().flatten(), rows).await?);
        }
        self.execute("BEGIN IMMEDIATE").await?;
        let inserted = self.insert_in_parts(group).await;
        let end = if inserted.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.execute(end).await?;
        inserted
    }

    async fn insert_in_parts(&mut self, group: &[Save]) -> Result<u64, GroupError> {
        let events: Vec<_> = group.iter().flatten().collect();
        let mut first = None;
        for part in events.chunks(ROWS) {
            let position = self.insert(part.iter().copied(), part.len()).await?;
            first.get_or_insert(position);
        }
        Ok(first.unwrap_or_default())
    }

    /// Stores in one commit those saves of a group that can be, each by a statement of its own.
    async fn write_one_by_one(&mut self, group: &[Save], outcomes: &mut Vec<Outcome>) {
        let written = async {
            self.execute("BEGIN IMMEDIATE").await?;
            let mut firsts = Vec::with_capacity(group.len());
            for save in group {
                firsts.push(match self.insert(save.iter(), save.len()).await {
                    Ok(first) => Some(first),
                    Err(failure) if failure.is_refusal() => None,
                    Err(failure) => return Err(failure),
                });
            }
            self.execute("COMMIT").await?;
            Ok(firsts)
        };
        match written.await {
            Ok(firsts) => {
                for (save, first) in group.iter().zip(firsts) {
                    outcomes.push(match first {
                        Some(first) => Ok(positions(save, first)),
                        None => Err(self.conflict(save).await),
                    });
                }
            }
            Err(failure) => {
                self.connection = None;
                let error = failed(failure);
                outcomes.extend(group.iter().map(|_| Err(error.clone())));
            }
        }
    }

    /// Inserts `rows` events by one statement, and returns the position of the first.
    async fn insert(&mut self, events: impl Iterator<Item = &StoredEvent>, rows: usize) -> Result<u64, Failure> {
        let sql = match self.inserts.get(rows - 1) {
            Some(sql) => Arc::clone(sql),
            None => self.table.insert(rows).into(),
        };
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(rows <= KEPT);
        let done = events.fold(query, rows::bind).execute(self.connection().await?).await?;
        if done.rows_affected() != rows as u64 {
            return Err(Failure::new(format!("{} rows were written instead of {rows}", done.rows_affected())));
        }
        // One statement holds the lock from its first row to its last, so its positions are adjacent.
        let last = u64::try_from(done.last_insert_rowid()).map_err(Failure::new)?;
        Ok(last + 1 - rows as u64)
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.connection().await?.execute(sql).await?;
        Ok(())
    }

    async fn connection(&mut self) -> Result<&mut SqliteConnection, Failure> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open_writer(&self.config).await.map_err(Failure::reopening)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// The error that says which aggregate of `save` has moved on.
    async fn conflict(&mut self, save: &Save) -> RecorderError {
        let error = |kind| RecorderError::new(STORE, Operation::InsertEvents, kind);
        match self.find_conflict(save).await {
            Ok(conflict) => error(RecorderErrorKind::Conflict(conflict)),
            Err(failure) => error(RecorderErrorKind::NotStored).with_source(failure.into_source()),
        }
    }

    async fn find_conflict(&mut self, save: &Save) -> Result<Conflict, Failure> {
        let mut last_versions: HashMap<&OriginatorId, u64> = HashMap::new();
        let mut found = None;
        for event in save {
            let id = &event.originator_id;
            let last_version = match last_versions.get(id) {
                Some(last) => *last,
                None => self.last_version(id).await?,
            };
            let conflict =
                Conflict { originator_id: id.clone(), version: event.originator_version, last_version };
            if event.originator_version != last_version + 1 {
                return Ok(conflict);
            }
            last_versions.insert(id, event.originator_version);
            found.get_or_insert(conflict);
        }
        // Another process has made room meanwhile; the save was refused all the same.
        found.ok_or_else(|| Failure::new("a save without events was refused"))
    }

    async fn last_version(&mut self, id: &OriginatorId) -> Result<u64, Failure> {
        let sql = AssertSqlSafe(self.table.last_version.clone());
        let query = sqlx::query_scalar::<_, i64>(sql);
        let query = match id {
            OriginatorId::Uuid(uuid) => query.bind(uuid.as_bytes().as_slice()),
            OriginatorId::Text(text) => query.bind(&**text),
        };
        let version = query.fetch_one(self.connection().await?).await?;
        u64::try_from(version).map_err(Failure::new)
    }
}

impl BatchWriter for Writer {
    type Error = RecorderError;

    async fn write(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(saves.len());
        let mut rest = saves;
        while !rest.is_empty() {
            let (group, others) = rest.split_at(group_len(rest));
            self.write_group(group, &mut outcomes).await;
            rest = others;
        }
        outcomes
    }

    async fn close(self) {
        if let Some(connection) = self.connection {
            // Whatever fails here, the file is as the last commit left it.
            let _closed = connection.close().await;
        }
    }
}

/// How many of `saves`, from the first, fit into one statement; a first one that does not is a group of its own.
fn group_len(saves: &[Save]) -> usize {
    let mut rows = 0;
    let fits = saves.iter().take_while(|save| {
        rows += save.len();
        rows <= ROWS
    });
    fits.count().max(1)
}

fn number(group: &[Save], first: u64) -> impl Iterator<Item = Vec<u64>> {
    group.iter().scan(first, |next, save| {
        let numbers = positions(save, *next);
        *next += save.len() as u64;
        Some(numbers)
    })
}

fn positions(save: &Save, first: u64) -> Vec<u64> {
    (first..first + save.len() as u64).collect()
}

/// The error of a group in which no row was refused.
fn failed(failure: Failure) -> RecorderError {
    if failure.is_before_writing() {
        failure.into_error(Operation::InsertEvents)
    } else {
        failure.into_error_of(Operation::InsertEvents, RecorderErrorKind::OutcomeUnknown)
    }
}
