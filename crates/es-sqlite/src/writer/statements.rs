//! The statements that insert, one for each number of rows.

use std::sync::Arc;

use es_sql::Table;
use sqlx::{AssertSqlSafe, Sqlite, query::Query, sqlite::SqliteArguments};

use crate::schema::Tables;

/// How many rows one statement inserts at most: SQLite takes 32,766 values, four a row.
pub(super) const ROWS: usize = 1000;

/// Statements for up to so many rows are prepared once and kept.
const KEPT: usize = 64;

/// The texts of statements; that for `n` rows is at index `n - 1`.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) tables: Arc<Tables>,
    events: Vec<Arc<str>>,
    snapshot: Arc<str>,
}

impl Statements {
    pub(super) fn new(tables: &Arc<Tables>) -> Self {
        Self {
            tables: Arc::clone(tables),
            events: (1..=KEPT).map(|rows| tables.events.insert(rows).into()).collect(),
            snapshot: tables.snapshots.insert(1).into(),
        }
    }

    /// The statement that inserts `rows` rows, without their values.
    pub(super) fn inserting(&self, table: Table, rows: usize) -> Query<'static, Sqlite, SqliteArguments> {
        sqlx::query(AssertSqlSafe(self.text(table, rows))).persistent(rows <= KEPT)
    }

    fn text(&self, table: Table, rows: usize) -> Arc<str> {
        match table {
            Table::Events if rows <= KEPT => Arc::clone(&self.events[rows - 1]),
            Table::Events => self.tables.events.insert(rows).into(),
            Table::Snapshots if rows == 1 => Arc::clone(&self.snapshot),
            Table::Snapshots => self.tables.snapshots.insert(rows).into(),
        }
    }
}
