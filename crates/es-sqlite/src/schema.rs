//! The tables of one application, and the statements about them.
//!
//! A UUID is kept as a blob of 16 bytes, a text as text, in one column, so that the two kinds of IDs never meet.
//! `AUTOINCREMENT` keeps a position from being given out twice. Triggers make the file itself refuse what the library
//! never does: a hole in an aggregate's versions, and any change of an event that is stored.

mod version;

use es_sql::SqlName;

/// The statements about the tables of one application.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) events: EventsTable,
    pub(crate) snapshots: SnapshotsTable,
    pub(crate) tracking: TrackingTable,
}

/// The statements about the events.
#[derive(Clone, Debug)]
pub(crate) struct EventsTable {
    name: String,
    pub(crate) stream: StreamStatements,
    pub(crate) select_log: String,
    pub(crate) select_log_of_topics: String,
    pub(crate) max_position: String,
    pub(crate) find: String,
}

/// The statements about the snapshots.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotsTable {
    name: String,
    pub(crate) stream: StreamStatements,
    pub(crate) find: String,
}

/// The statements about how far upstreams have been processed.
#[derive(Clone, Debug)]
pub(crate) struct TrackingTable {
    name: String,
    pub(crate) insert: String,
    pub(crate) select: String,
}

/// The statements about one aggregate's rows.
#[derive(Clone, Debug)]
pub(crate) struct StreamStatements {
    pub(crate) ascending: String,
    pub(crate) descending: String,
    pub(crate) versions: String,
}

impl StreamStatements {
    fn of(table: &str) -> Self {
        let select = |order| {
            format!(
                "SELECT originator_version, topic, state FROM {table} \
                 WHERE originator_id = ?1 AND originator_version > ?2 AND originator_version <= ?3 \
                 ORDER BY originator_version {order} LIMIT ?4"
            )
        };
        Self {
            ascending: select("ASC"),
            descending: select("DESC"),
            versions: format!(
                "SELECT coalesce(max(originator_version), 0), coalesce(max(originator_version = ?2), 0) \
                 FROM {table} WHERE originator_id = ?1"
            ),
        }
    }
}

impl Tables {
    pub(crate) fn new(application: &SqlName) -> Self {
        Self {
            events: EventsTable::new(format!("{application}_events")),
            snapshots: SnapshotsTable::new(format!("{application}_snapshots")),
            tracking: TrackingTable::new(format!("{application}_tracking")),
        }
    }

    /// What makes the tables and triggers.
    fn definition(&self) -> String {
        let Self {
            events,
            snapshots,
            tracking,
        } = self;
        [
            events.definition(),
            events.triggers(),
            snapshots.definition(),
            tracking.definition(),
        ]
        .join("\n")
    }
}

impl EventsTable {
    fn new(name: String) -> Self {
        let log = |topics| {
            format!(
                "SELECT position, originator_id, originator_version, topic, state FROM {name} \
                 WHERE position > ?1 AND position <= ?2 {topics} ORDER BY position LIMIT ?3"
            )
        };
        Self {
            stream: StreamStatements::of(&name),
            select_log: log(""),
            select_log_of_topics: log("AND topic IN (SELECT value FROM json_each(?4))"),
            max_position: format!("SELECT max(position) FROM {name}"),
            find: find("position", &name),
            name,
        }
    }

    /// The statement that inserts `rows` events.
    pub(crate) fn insert(&self, rows: usize) -> String {
        insert(&self.name, rows)
    }

    fn definition(&self) -> String {
        let name = &self.name;
        format!(
            "CREATE TABLE {name} (
                 position INTEGER PRIMARY KEY AUTOINCREMENT,
                 originator_id ANY NOT NULL,
                 originator_version INTEGER NOT NULL,
                 topic TEXT NOT NULL,
                 state BLOB NOT NULL,
                 UNIQUE (originator_id, originator_version)
             ) STRICT;"
        )
    }

    /// What makes the file refuse that events are left out or changed.
    pub(crate) fn triggers(&self) -> String {
        let name = &self.name;
        format!(
            "CREATE TRIGGER {name}_follow BEFORE INSERT ON {name}
             WHEN NEW.originator_version <> 1 + coalesce(
                     (SELECT max(originator_version) FROM {name} WHERE originator_id = NEW.originator_id), 0)
                 OR EXISTS (SELECT 1 FROM {name} WHERE position = NEW.position)
             BEGIN SELECT RAISE(ABORT, 'the version does not follow the last one'); END;
             CREATE TRIGGER {name}_stay BEFORE UPDATE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
             CREATE TRIGGER {name}_remain BEFORE DELETE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;"
        )
    }

    /// What takes these triggers out of force.
    pub(crate) fn drop_triggers(&self) -> String {
        let name = &self.name;
        ["follow", "stay", "remain"]
            .map(|trigger| format!("DROP TRIGGER {name}_{trigger};"))
            .join("\n")
    }
}

impl SnapshotsTable {
    fn new(name: String) -> Self {
        Self {
            stream: StreamStatements::of(&name),
            find: find("0", &name),
            name,
        }
    }

    /// The statement that inserts `rows` snapshots.
    pub(crate) fn insert(&self, rows: usize) -> String {
        insert(&self.name, rows)
    }

    fn definition(&self) -> String {
        format!(
            "CREATE TABLE {} (
                 originator_id ANY NOT NULL,
                 originator_version INTEGER NOT NULL,
                 topic TEXT NOT NULL,
                 state BLOB NOT NULL,
                 PRIMARY KEY (originator_id, originator_version)
             ) STRICT, WITHOUT ROWID;",
            self.name
        )
    }
}

impl TrackingTable {
    fn new(name: String) -> Self {
        Self {
            insert: format!(
                "INSERT INTO {name} (upstream, position, event_id) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (upstream) DO UPDATE SET position = excluded.position, event_id = excluded.event_id \
                 WHERE excluded.position > position"
            ),
            select: format!("SELECT position, event_id FROM {name} WHERE upstream = ?1"),
            name,
        }
    }

    fn definition(&self) -> String {
        format!(
            "CREATE TABLE {} (
                 upstream TEXT PRIMARY KEY,
                 position INTEGER NOT NULL,
                 event_id BLOB
             ) STRICT, WITHOUT ROWID;",
            self.name
        )
    }
}

/// The question for a row that is just so, with the values of an insert.
fn find(column: &str, table: &str) -> String {
    format!(
        "SELECT {column} FROM {table} \
         WHERE originator_id = ? AND originator_version = ? AND topic = ? AND state = ?"
    )
}

fn insert(table: &str, rows: usize) -> String {
    let head = format!("INSERT INTO {table} (originator_id, originator_version, topic, state) VALUES ");
    head + &vec!["(?, ?, ?, ?)"; rows].join(", ")
}
