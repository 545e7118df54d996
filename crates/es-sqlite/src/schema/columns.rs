//! The columns of the tables.

/// The columns of one table, in their order: the name of each and how it is declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns(&'static [(&'static str, &'static str)]);

pub(super) const EVENTS: Columns = Columns(&[
    ("position", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("originator_id", "ANY NOT NULL"),
    ("originator_version", "INTEGER NOT NULL"),
    ("topic", "TEXT NOT NULL"),
    ("event_id", "BLOB NOT NULL"),
    ("timestamp", "INTEGER NOT NULL"),
    ("schema_version", "INTEGER NOT NULL"),
    ("state", "BLOB NOT NULL"),
    ("metadata", "BLOB"),
    ("hash", "BLOB"),
]);

pub(super) const SNAPSHOTS: Columns = Columns(&[
    ("originator_id", "ANY NOT NULL"),
    ("originator_version", "INTEGER NOT NULL"),
    ("topic", "TEXT NOT NULL"),
    ("timestamp", "INTEGER NOT NULL"),
    ("schema_version", "INTEGER NOT NULL"),
    ("state", "BLOB NOT NULL"),
    ("hash", "BLOB"),
]);

pub(super) const TRACKING: Columns = Columns(&[
    ("consumer", "TEXT NOT NULL"),
    ("upstream", "TEXT NOT NULL"),
    ("position", "INTEGER NOT NULL"),
    ("event_id", "BLOB"),
    ("fence", "INTEGER NOT NULL"),
    ("token", "BLOB NOT NULL"),
]);

pub(super) const TAGS: Columns = Columns(&[("key", "TEXT NOT NULL"), ("position", "INTEGER NOT NULL")]);

impl Columns {
    /// The declarations, as a `CREATE TABLE` has them.
    pub(super) fn declarations(self) -> String {
        join(self.0.iter().map(|(name, declaration)| format!("{name} {declaration}")))
    }

    /// The names and types, as [`ACTUAL`] returns those of a table.
    pub(super) fn types(self) -> String {
        let first_word = |text: &'static str| text.split(' ').next().unwrap_or(text);
        join(
            self.0
                .iter()
                .map(|(name, declaration)| format!("{name} {}", first_word(declaration))),
        )
    }
}

/// The statement that returns the names and types of a table's columns; nothing if there is no such table.
pub(super) const ACTUAL: &str =
    "SELECT group_concat(name || ' ' || type, ', ' ORDER BY cid) FROM pragma_table_info(?1)";

fn join(columns: impl Iterator<Item = String>) -> String {
    columns.collect::<Vec<_>>().join(", ")
}
