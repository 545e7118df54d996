//! Which form the tables of an application have, written in the file itself.
//!
//! Each form that was ever released has a number. A file with an older one is brought up to date in one transaction when it
//! is opened; one with a newer one is refused, because nobody knows what it means.

use es_sql::SqlName;
use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use super::Tables;
use crate::error::Failure;

/// The form that this version of the library reads and writes.
pub(crate) const CURRENT: i64 = 1;

/// The form of files from before forms were written down: their tables are those of form 1.
const UNWRITTEN: i64 = 0;

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VersionError {
    #[error(
        "the tables of {application} have form {found}, and this library knows none after {CURRENT}: use a newer one"
    )]
    Newer { application: String, found: i64 },
    #[error("there are no tables of {application}; let CREATE_TABLE be yes once, or make them beforehand")]
    Missing { application: String },
}

impl Tables {
    /// Makes the tables, or brings them up to date.
    pub(crate) async fn create(&self, application: &SqlName, connection: &mut SqliteConnection) -> Result<(), Failure> {
        connection.execute("BEGIN IMMEDIATE").await?;
        connection.execute(TABLE).await?;
        match self.found(application, connection).await? {
            None => {
                connection.execute(AssertSqlSafe(self.definition())).await?;
                write_down(application, connection).await?;
            }
            Some(UNWRITTEN) => write_down(application, connection).await?,
            Some(found) => check(application, found)?,
        }
        connection.execute("COMMIT").await?;
        Ok(())
    }

    /// The form of the tables, or `None` when there are none.
    async fn found(&self, application: &SqlName, connection: &mut SqliteConnection) -> Result<Option<i64>, Failure> {
        if let Some(found) = stored(application, connection).await? {
            return Ok(Some(found));
        }
        let is_there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let query = sqlx::query_scalar(is_there).bind(format!("{application}_events"));
        let tables: i64 = query.fetch_one(&mut *connection).await?;
        Ok((tables > 0).then_some(UNWRITTEN))
    }

    /// Says whether the tables are there, in a form that can be used.
    pub(crate) async fn check(&self, application: &SqlName, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let is_there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'es_schema'";
        let tables: i64 = sqlx::query_scalar(is_there).fetch_one(&mut *connection).await?;
        let found = if tables == 0 {
            None
        } else {
            stored(application, connection).await?
        };
        match found {
            Some(found) => check(application, found),
            None => Err(Failure::schema(VersionError::Missing {
                application: application.to_string(),
            })),
        }
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS es_schema (
                         application TEXT PRIMARY KEY,
                         form INTEGER NOT NULL
                     ) STRICT, WITHOUT ROWID";

/// Writes down that the tables have the current form.
async fn write_down(application: &SqlName, connection: &mut SqliteConnection) -> Result<(), Failure> {
    let query = sqlx::query("INSERT INTO es_schema (application, form) VALUES (?1, ?2)");
    query
        .bind(application.to_string())
        .bind(CURRENT)
        .execute(connection)
        .await?;
    Ok(())
}

async fn stored(application: &SqlName, connection: &mut SqliteConnection) -> Result<Option<i64>, Failure> {
    let query = sqlx::query_scalar("SELECT form FROM es_schema WHERE application = ?1");
    Ok(query.bind(application.to_string()).fetch_optional(connection).await?)
}

fn check(application: &SqlName, found: i64) -> Result<(), Failure> {
    if found == CURRENT {
        return Ok(());
    }
    Err(Failure::schema(VersionError::Newer {
        application: application.to_string(),
        found,
    }))
}
