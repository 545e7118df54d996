//! The statements that insert events, one for each number of rows.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Sqlite, query::Query, sqlite::SqliteArguments};

use crate::schema::Tables;

/// The greatest number of rows that one statement inserts: SQLite takes 32,766 values, nine a row.
pub(super) const ROWS: usize = 1000;

/// Statements for up to so many rows are prepared once and kept.
const KEPT: usize = 64;

/// The texts of statements; the one for `n` rows is at index `n - 1`.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) tables: Arc<Tables>,
    inserts: Vec<Arc<str>>,
}

impl Statements {
    pub(super) fn new(tables: &Arc<Tables>) -> Self {
        Self {
            tables: Arc::clone(tables),
            inserts: (1..=KEPT).map(|rows| tables.events.insert(rows).into()).collect(),
        }
    }

    /// Returns the statement that inserts `rows` events, without their values.
    pub(super) fn inserting(&self, rows: usize) -> Query<'static, Sqlite, SqliteArguments> {
        let text = match self.inserts.get(rows - 1) {
            Some(text) => Arc::clone(text),
            None => self.tables.events.insert(rows).into(),
        };
        sqlx::query(AssertSqlSafe(text)).persistent(rows <= KEPT)
    }
}
