//! Changing what is never changed.

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

/// Runs `change` on the file with the triggers out of force that keep events as they are.
///
/// Events are never changed by this library, and the file refuses it. Some day it has to be done all the same: a law says
/// that something has to go, a key has to be replaced. This is the way, and there is no other: one transaction in which the
/// triggers are dropped, `change` runs, and the triggers are made again. When `change` fails, nothing has happened.
///
/// Whoever follows the log is not told. Caches, snapshots and projections have to be made anew, and a hash chain notices.
///
/// ```no_run
/// use es_persistence::Environment;
///
/// # async fn example(environment: Environment) -> Result<(), Box<dyn std::error::Error>> {
/// es_sqlite::maintain(&environment, async |connection| {
///     let redact = "UPDATE bank_events SET state = '{}' WHERE position = 7";
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
        .check(&application, &mut connection)
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
