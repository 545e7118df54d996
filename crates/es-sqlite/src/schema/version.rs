//! The form of an application's tables, which is written in the file itself.
//!
//! Each form that was ever released has a number. A file with an older form is brought up to date in one transaction when
//! it is opened; a file with a newer one is refused, because this version of the library does not know what it means.

use es_sql::SqlName;
use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use super::{
    Tables,
    columns::{ACTUAL, Columns, TAGS},
};
use crate::error::Failure;

/// The form that this version of the library reads and writes.
pub(crate) const CURRENT: i64 = 1;

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error(
        "the tables of {application} have form {found}, and this library knows none after {CURRENT}: use a newer one"
    )]
    Newer { application: String, found: i64 },
    #[error("there are no tables of {application}; let CREATE_TABLE be yes once, or make them beforehand")]
    Missing { application: String },
    #[error("there is no table {table}; let CREATE_TABLE be yes once, or make it beforehand")]
    MissingTable { table: String },
    #[error(
        "the table {table} is not of this library's making: its columns are ({found}) instead of ({expected}); \
         rename it, or choose another name for the application"
    )]
    Foreign {
        table: String,
        found: String,
        expected: String,
    },
    #[error(
        "the trigger {trigger}, which protects stored events, is missing; call es_sqlite::maintain once, which makes it \
         anew"
    )]
    MissingTrigger { trigger: String },
}

impl Tables {
    /// Makes the tables that are missing, and checks those that are there.
    pub(crate) async fn create(&self, application: &SqlName, connection: &mut SqliteConnection) -> Result<(), Failure> {
        connection.execute("BEGIN IMMEDIATE").await?;
        connection.execute(TABLE).await?;
        let form = stored(application, connection).await?;
        if let Some(found) = form {
            check_form(application, found)?;
        }
        for (table, columns, definition) in self.definitions() {
            if !is_there(table, columns, connection).await? {
                connection.execute(AssertSqlSafe(definition)).await?;
            }
        }
        if form.is_none() {
            // Tables that somebody else has made may have no triggers yet.
            connection.execute(AssertSqlSafe(self.events.triggers())).await?;
            write_down(application, connection).await?;
        }
        self.check_triggers(connection).await?;
        connection.execute("COMMIT").await?;
        Ok(())
    }

    /// Checks that the tables and triggers are there, in a form that can be used.
    pub(crate) async fn check(&self, application: &SqlName, connection: &mut SqliteConnection) -> Result<(), Failure> {
        self.check_tables(application, connection).await?;
        self.check_triggers(connection).await
    }

    /// Checks that the tables are there, in a form that can be used.
    pub(crate) async fn check_tables(
        &self,
        application: &SqlName,
        connection: &mut SqliteConnection,
    ) -> Result<(), Failure> {
        self.check_form(application, connection).await?;
        for (table, columns, _) in self.definitions() {
            if !is_there(table, columns, connection).await? {
                let table = table.to_owned();
                return Err(Failure::schema(SchemaError::MissingTable { table }));
            }
        }
        Ok(())
    }

    /// Checks that the form of the tables is written down and can be used.
    pub(crate) async fn check_form(
        &self,
        application: &SqlName,
        connection: &mut SqliteConnection,
    ) -> Result<(), Failure> {
        let is_there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'es_schema'";
        let tables: i64 = sqlx::query_scalar(is_there).fetch_one(&mut *connection).await?;
        let found = if tables == 0 {
            None
        } else {
            stored(application, connection).await?
        };
        match found {
            Some(found) => check_form(application, found),
            None => Err(Failure::schema(SchemaError::Missing {
                application: application.to_string(),
            })),
        }
    }

    /// Makes the table of tags if it is missing and `create` says so, and checks it.
    pub(crate) async fn prepare_tags(&self, connection: &mut SqliteConnection, create: bool) -> Result<(), Failure> {
        let is_missing = !is_there(&self.tags.name, TAGS, connection).await?;
        if is_missing && !create {
            let table = self.tags.name.clone();
            return Err(Failure::schema(SchemaError::MissingTable { table }));
        }
        if is_missing {
            connection.execute(AssertSqlSafe(self.tags.definition())).await?;
        }
        Ok(())
    }

    async fn check_triggers(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1";
        let query = sqlx::query_scalar(query).bind(&self.events.name);
        let found: Vec<String> = query.fetch_all(connection).await?;
        let mut expected = self.events.trigger_names().into_iter();
        match expected.find(|trigger| !found.contains(trigger)) {
            None => Ok(()),
            Some(trigger) => Err(Failure::schema(SchemaError::MissingTrigger { trigger })),
        }
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS es_schema (
                         application TEXT PRIMARY KEY,
                         form INTEGER NOT NULL
                     ) STRICT, WITHOUT ROWID";

/// Returns `true` if the table is there, and an error if it has other columns.
async fn is_there(table: &str, columns: Columns, connection: &mut SqliteConnection) -> Result<bool, Failure> {
    let found: Option<String> = sqlx::query_scalar(ACTUAL).bind(table).fetch_one(connection).await?;
    let expected = columns.types();
    match found {
        None => Ok(false),
        Some(found) if found == expected => Ok(true),
        Some(found) => Err(Failure::schema(SchemaError::Foreign {
            table: table.to_owned(),
            found,
            expected,
        })),
    }
}

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

fn check_form(application: &SqlName, found: i64) -> Result<(), Failure> {
    if found == CURRENT {
        return Ok(());
    }
    Err(Failure::schema(SchemaError::Newer {
        application: application.to_string(),
        found,
    }))
}
