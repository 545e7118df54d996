//! Events in a transaction of the user's own.

use std::error;

use es_persistence::{
    DatastoreError, Environment, Operation, RecorderError, RecorderErrorKind, StoredEvent, check_events,
};
use es_sql::{Save, SqlName};
use sqlx::{Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{attempt::Token, insertion::WriteError, refusal::Refusal, statements::Statements};
use crate::{
    STORE,
    config::{Config, Location},
    connection,
    error::Failure,
    schema::Tables,
};

/// Stores events of one application in transactions of the caller's own, so that they are stored together with changes of
/// other tables in the same file.
///
/// ```
/// use es_persistence::{Environment, StoredEvent, Timestamp};
/// use es_sqlite::TransactionalEvents;
/// use sqlx::{ConnectOptions as _, Connection as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("bank.sqlite").display().to_string();
/// let environment = Environment::new("Bank").with("SQLITE_DBNAME", file);
/// // The application's own recorder makes the tables.
/// let bank = es_sqlite::factory().open(&environment).await?;
/// let recorder = bank.application_recorder().await?;
///
/// let events = TransactionalEvents::of(&environment)?;
/// let mut connection = events.connect_options().connect().await?;
/// sqlx::query("CREATE TABLE letters (text TEXT NOT NULL)").execute(&mut connection).await?;
///
/// # let event_id = "0190b3c0-7000-7000-8000-000000000001".parse()?;
/// let opened = StoredEvent::new("account-1".into(), 1, "Account.Opened", b"{}".to_vec())
///     .with_stamp(event_id, "2026-01-02T03:04:05Z".parse::<Timestamp>()?);
/// let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
/// sqlx::query("INSERT INTO letters VALUES ('Welcome!')").execute(&mut *transaction).await?;
/// let positions = events.insert_in(&mut transaction, vec![opened]).await?;
/// transaction.commit().await?;
///
/// assert_eq!(recorder.max_position().await?, positions.last().copied());
/// # Ok(())
/// # }
/// ```
///
/// # The connection
///
/// Any connection will do whose main database is the file, with what is wanted of its commits; [`connect_options`] has the
/// settings of the store itself. A commit survives a power loss when the connection has `synchronous=FULL`, which is the
/// default, and not with `NORMAL` or `OFF`; with `OFF` a power loss may damage the whole file. How long it waits for who
/// else is writing is its `busy_timeout`. The file refuses that events are changed whatever the settings are. Tables in
/// databases that are attached are not changed together with it, because each has a write-ahead log of its own.
///
/// # The transaction
///
/// Begin it with `BEGIN IMMEDIATE`: there is one writer to a file, and from then on it is this one. The application's own
/// saves wait until it ends, for their `SQLITE_LOCK_TIMEOUT`; one that the transaction itself waits for would wait in vain.
/// One begun with `BEGIN` becomes the writer at its first write, which SQLite refuses when the transaction has read before
/// and others are writing or have written since.
///
/// Who follows the log learns of the commit within 50 ms: a save by the application is quicker. Whether a `commit` that
/// failed has stored anything is the caller's to find out, by reading.
///
/// [`connect_options`]: Self::connect_options
#[derive(Debug)]
pub struct TransactionalEvents {
    application: SqlName,
    config: Config,
    statements: Statements,
}

/// Why events cannot be stored by a connection of the caller's own.
#[derive(Debug, thiserror::Error)]
enum TransactionError {
    #[error("a database in memory has no connections but the store's own: use a file")]
    InMemory,
    #[error("no transaction is open on the connection: begin one with BEGIN IMMEDIATE")]
    NotBegun,
    #[error("others have stored since the transaction read: roll it back, and begin it with BEGIN IMMEDIATE")]
    Stale(#[source] Box<dyn error::Error + Send + Sync>),
}

/// What one call has come to, short of a failure.
type Written = Result<Vec<u64>, Refusal>;

impl TransactionalEvents {
    /// The events of the application that `environment` is of. The application's own recorder makes the tables.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when a setting is wrong, the application has a name that cannot be that of tables, or the
    /// database is in memory.
    pub fn of(environment: &Environment) -> Result<Self, DatastoreError> {
        let application =
            SqlName::of_application(environment.name()).map_err(|error| invalid(Operation::Open, error))?;
        let config = Config::from_environment(environment)?;
        if matches!(config.location, Location::Memory(_)) {
            return Err(invalid(Operation::Open, TransactionError::InMemory).into());
        }
        Ok(Self {
            statements: Statements::new(&Tables::new(&application).into()),
            application,
            config,
        })
    }

    /// What the store itself opens its file with, for a connection whose commits are as safe as the store's. A file that
    /// is not there is not made.
    pub fn connect_options(&self) -> SqliteConnectOptions {
        connection::options(&self.config)
    }

    /// Stores `events` in the transaction that `connection` has open, and returns their positions.
    ///
    /// # Errors
    ///
    /// As [`insert_events`](es_persistence::AggregateRecorder::insert_events), but for outcomes that are unknown: nothing
    /// is stored before the caller commits, and after an error nothing of `events` is in the transaction.
    ///
    /// - [`Conflict`](RecorderErrorKind::Conflict): an aggregate has moved on. The transaction goes on.
    /// - [`Invalid`](RecorderErrorKind::Invalid): no transaction is open, or the events cannot be stored at all.
    /// - [`Schema`](RecorderErrorKind::Schema): the tables are not there, or of a form that this library does not know.
    /// - [`ReadOnly`](RecorderErrorKind::ReadOnly): the connection may not write.
    /// - [`Unavailable`](RecorderErrorKind::Unavailable): others have been writing for longer than the connection waits.
    /// - [`NotStored`](RecorderErrorKind::NotStored): the disk failed, or others have stored since the transaction read.
    ///
    /// After the last two the whole transaction is to be rolled back; it may be repeated. SQLite ends it by itself when the
    /// disk fails, and a statement would then be a transaction of its own.
    ///
    /// # Cancel safety
    ///
    /// After the future was dropped, the transaction must be rolled back.
    pub async fn insert_in(
        &self,
        connection: &mut SqliteConnection,
        events: Vec<StoredEvent>,
    ) -> Result<Vec<u64>, RecorderError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        check_events(STORE, &events)?;
        if !is_in_transaction(connection).await.map_err(not_stored)? {
            return Err(invalid(Operation::InsertEvents, TransactionError::NotBegun));
        }
        let save = Save::of_events(events, None);
        match self.write_or_undo(connection, &save).await.map_err(not_stored)? {
            Ok(positions) => Ok(positions),
            Err(refusal) => {
                let explained = self.statements.tables.explain(connection, &save, refusal).await;
                Err(explained.unwrap_or_else(not_stored))
            }
        }
    }

    /// Inserts all of `save` or nothing.
    async fn write_or_undo(&self, connection: &mut SqliteConnection, save: &Save) -> Result<Written, Failure> {
        connection.execute("SAVEPOINT es_save").await?;
        let written = self.write(connection, save).await;
        if !matches!(written, Ok(Ok(_))) {
            undo(connection).await;
        }
        written
    }

    /// The form is looked at behind the write: to read first would let a transaction that was not begun to write fail.
    async fn write(&self, connection: &mut SqliteConnection, save: &Save) -> Result<Written, Failure> {
        let written = match self.statements.write(connection, save, &Token::default()).await {
            Ok(positions) => Ok(positions),
            Err(WriteError::Refused(refusal)) => Err(refusal),
            Err(WriteError::Failed(failure)) => return Err(failure),
        };
        self.statements.tables.check_form(&self.application, connection).await?;
        if written.is_ok() {
            connection.execute("RELEASE es_save").await?;
        }
        Ok(written)
    }
}

/// Asks SQLite itself, which may have ended a transaction that the driver believes in: it refuses to begin one within
/// another.
async fn is_in_transaction(connection: &mut SqliteConnection) -> Result<bool, Failure> {
    match connection.execute("BEGIN; ROLLBACK").await.map_err(Failure::from) {
        Ok(_) => Ok(false),
        Err(failure) if failure.is_error() => Ok(true),
        Err(failure) => Err(failure),
    }
}

/// Takes back what is left of a save. When that fails, the whole transaction is ended, so that no commit stores a part.
async fn undo(connection: &mut SqliteConnection) {
    if connection
        .execute("ROLLBACK TO es_save; RELEASE es_save")
        .await
        .is_err()
    {
        // It fails when SQLite has ended the transaction already.
        let _ended = connection.execute("ROLLBACK").await;
    }
}

fn invalid(operation: Operation, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> RecorderError {
    RecorderError::new(STORE, operation, RecorderErrorKind::Invalid).with_source(cause)
}

fn not_stored(failure: Failure) -> RecorderError {
    const OPERATION: Operation = Operation::InsertEvents;
    if failure.is_stale() {
        let cause = TransactionError::Stale(failure.into_source());
        return RecorderError::new(STORE, OPERATION, RecorderErrorKind::NotStored).with_source(cause);
    }
    failure.into_error(OPERATION)
}
