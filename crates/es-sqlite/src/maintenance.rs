//! Changes of stored events, which the file refuses otherwise.

use es_persistence::{DatastoreError, Environment, Operation, RecorderError, RecorderErrorKind};
use es_sql::SqlName;
use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use crate::{
    STORE,
    config::Config,
    connection::{cannot_open, open_writer},
    error::Failure,
    schema::Tables,
};

/// Runs `change` in a transaction in which the triggers that protect stored events are not in force.
///
/// This library never changes an event, and the file refuses it. A law may demand all the same that something is deleted,
/// or a key has to be replaced: this function is the way to do so. In one transaction it drops the triggers, runs `change`,
/// and makes the triggers again. If `change` fails, nothing is changed. A change that does nothing mends a file whose
/// triggers are missing.
///
/// Applications that follow the log are not told. Caches, snapshots and projections have to be made anew, and a hash chain
/// shows that an event was changed.
///
/// ```no_run
/// use es_persistence::Environment;
///
/// # async fn example(environment: Environment) -> Result<(), Box<dyn std::error::Error>> {
/// es_sqlite::maintain(&environment, async |connection| {
///     let redact = "UPDATE bank_events SET state = CAST('{}' AS BLOB) WHERE position = 7";
///     sqlx::query(redact).execute(connection).await.map(drop)
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`DatastoreError`] when a setting is wrong, the file cannot be opened or written, or `change` fails; its error is then
/// the source.
///
/// # Cancel safety
///
/// A future that is dropped before it is ready leaves the file as it was, or with all of the change.
pub async fn maintain<F>(environment: &Environment, change: F) -> Result<(), DatastoreError>
where
    F: AsyncFnOnce(&mut SqliteConnection) -> Result<(), sqlx::Error>,
{
    let application = SqlName::of_application(environment.name())
        .map_err(|error| RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error))?;
    let config = Config::from_environment(environment)?;
    let tables = Tables::new(&application);
    let mut connection = open_writer(&config).await?;
    tables
        .check_tables(&application, &mut connection)
        .await
        .map_err(|failure| cannot_open(&config, failure))?;
    let changed = change_in_transaction(&tables, &mut connection, change).await;
    Ok(changed.map_err(|failure| failure.into_error(Operation::InsertEvents))?)
}

async fn change_in_transaction<F>(tables: &Tables, connection: &mut SqliteConnection, change: F) -> Result<(), Failure>
where
    F: AsyncFnOnce(&mut SqliteConnection) -> Result<(), sqlx::Error>,
{
    connection.execute("BEGIN IMMEDIATE").await?;
    connection.execute(AssertSqlSafe(tables.events.drop_triggers())).await?;
    change(&mut *connection).await?;
    connection.execute(AssertSqlSafe(tables.events.triggers())).await?;
    connection.execute("COMMIT").await?;
    Ok(())
}
