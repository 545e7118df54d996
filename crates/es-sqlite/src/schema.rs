//! The tables of one application, and the statements about them.
//!
//! A UUID is kept as a blob of 16 bytes, a text as text, in one column, so that the two kinds of IDs never meet.
//! `AUTOINCREMENT` keeps a position from being given out twice. Triggers make the file itself refuse what the library
//! never does: a hole in an aggregate's versions, and any change of what is stored.

use es_persistence::sql::SqlName;
use sqlx::{AssertSqlSafe, Executor as _, SqliteConnection};

use crate::error::Failure;

/// The statements about the events of one application.
#[derive(Clone, Debug)]
pub(crate) struct EventsTable {
    name: String,
    pub(crate) select_stream: String,
    pub(crate) select_stream_descending: String,
    pub(crate) select_log: String,
    pub(crate) select_log_of_topics: String,
    pub(crate) max_position: String,
    pub(crate) last_version: String,
}

impl EventsTable {
    pub(crate) fn new(application: &SqlName) -> Self {
        let name = format!("{application}_events");
        let stream = |order| {
            format!(
                "SELECT originator_version, topic, state FROM {name} \
                 WHERE originator_id = ?1 AND originator_version > ?2 AND originator_version <= ?3 \
                 ORDER BY originator_version {order} LIMIT ?4"
            )
        };
        let log = |topics| {
            format!(
                "SELECT position, originator_id, originator_version, topic, state FROM {name} \
                 WHERE position > ?1 AND position <= ?2 {topics} ORDER BY position LIMIT ?3"
            )
        };
        Self {
            select_stream: stream("ASC"),
            select_stream_descending: stream("DESC"),
            select_log: log(""),
            select_log_of_topics: log("AND topic IN (SELECT value FROM json_each(?4))"),
            max_position: format!("SELECT max(position) FROM {name}"),
            last_version: format!(
                "SELECT coalesce(max(originator_version), 0) FROM {name} WHERE originator_id = ?1"
            ),
            name,
        }
    }

    /// The statement that inserts `rows` rows.
    pub(crate) fn insert(&self, rows: usize) -> String {
        let head = format!("INSERT INTO {} (originator_id, originator_version, topic, state) VALUES ", self.name);
        let values = vec!["(?, ?, ?, ?)"; rows];
        head + &values.join(", ")
    }

    /// Makes the table and its triggers where they are not there.
    pub(crate) async fn create(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        connection.execute(AssertSqlSafe(self.definition())).await?;
        Ok(())
    }

    fn definition(&self) -> String {
        let name = &self.name;
        format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS {name} (
                 position INTEGER PRIMARY KEY AUTOINCREMENT,
                 originator_id ANY NOT NULL,
                 originator_version INTEGER NOT NULL,
                 topic TEXT NOT NULL,
                 state BLOB NOT NULL,
                 UNIQUE (originator_id, originator_version)
             ) STRICT;
             CREATE TRIGGER IF NOT EXISTS {name}_follow BEFORE INSERT ON {name}
             WHEN NEW.originator_version <> 1 + coalesce(
                     (SELECT max(originator_version) FROM {name} WHERE originator_id = NEW.originator_id), 0)
                 OR EXISTS (SELECT 1 FROM {name} WHERE position = NEW.position)
             BEGIN SELECT RAISE(ABORT, 'the version does not follow the last one'); END;
             CREATE TRIGGER IF NOT EXISTS {name}_stay BEFORE UPDATE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
             CREATE TRIGGER IF NOT EXISTS {name}_remain BEFORE DELETE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
             COMMIT;"
        )
    }
}
