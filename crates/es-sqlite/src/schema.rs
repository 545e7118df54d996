//! The tables of one application, and the statements about them.
//!
//! A UUID is kept as a blob of 16 bytes and a text as text, in one column, so that the two kinds of IDs never meet.
//! `AUTOINCREMENT` keeps a position from being given out twice. Triggers make the file itself refuse what the library
//! never does: a hole in an aggregate's versions, and any change of a stored event.

mod columns;
mod tags;
mod version;

use es_sql::SqlName;

use self::columns::{Columns, EVENTS, SNAPSHOTS, TRACKING};
pub(crate) use self::tags::TagsTable;

/// The statements about the tables of one application.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) events: EventsTable,
    pub(crate) snapshots: SnapshotsTable,
    pub(crate) tracking: TrackingTable,
    /// It is there when somebody has asked for a recorder of events with tags.
    pub(crate) tags: TagsTable,
}

/// The statements about the events.
#[derive(Clone, Debug)]
pub(crate) struct EventsTable {
    pub(crate) name: String,
    pub(crate) stream: StreamStatements,
    pub(crate) select_log: String,
    pub(crate) select_log_of_topics: String,
    pub(crate) max_position: String,
    pub(crate) last_version: String,
    pub(crate) find: String,
}

/// The statements about the snapshots.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotsTable {
    pub(crate) name: String,
    pub(crate) stream: StreamStatements,
    pub(crate) insert: String,
    pub(crate) delete_of_aggregate: String,
    pub(crate) delete_of_topic: String,
}

/// The statements about how far consumers have processed logs.
#[derive(Clone, Debug)]
pub(crate) struct TrackingTable {
    pub(crate) name: String,
    pub(crate) insert: String,
    pub(crate) select: String,
}

/// The statements about one aggregate's rows.
#[derive(Clone, Debug)]
pub(crate) struct StreamStatements {
    pub(crate) ascending: String,
    pub(crate) descending: String,
}

/// What `rows::event` reads.
const EVENT: &str = "position, originator_version, topic, event_id, timestamp, schema_version, state, metadata, hash";

/// What `rows::snapshot` reads.
const SNAPSHOT: &str = "originator_version, topic, timestamp, schema_version, state, hash";

/// The names of the triggers, each behind the name of the table.
const TRIGGERS: [&str; 3] = ["follow", "stay", "remain"];

impl StreamStatements {
    fn of(table: &str, columns: &str) -> Self {
        let select = |order| {
            format!(
                "SELECT {columns} FROM {table} \
                 WHERE originator_id = ?1 AND originator_version > ?2 AND originator_version <= ?3 \
                 ORDER BY originator_version {order} LIMIT ?4"
            )
        };
        Self {
            ascending: select("ASC"),
            descending: select("DESC"),
        }
    }
}

impl Tables {
    pub(crate) fn new(application: &SqlName) -> Self {
        let events = EventsTable::new(format!("{application}_events"));
        Self {
            tags: TagsTable::new(format!("{application}_tags"), &events.name),
            events,
            snapshots: SnapshotsTable::new(format!("{application}_snapshots")),
            tracking: TrackingTable::new(format!("{application}_tracking")),
        }
    }

    /// The name and the columns of each table, and the statements that make it.
    fn definitions(&self) -> [(&str, Columns, String); 3] {
        let Self {
            events,
            snapshots,
            tracking,
            tags: _,
        } = self;
        [
            (&events.name, EVENTS, events.definition()),
            (&snapshots.name, SNAPSHOTS, snapshots.definition()),
            (&tracking.name, TRACKING, tracking.definition()),
        ]
    }
}

impl EventsTable {
    fn new(name: String) -> Self {
        Self {
            stream: StreamStatements::of(&name, EVENT),
            select_log: format!(
                "SELECT {EVENT}, originator_id FROM {name} WHERE position > ?1 AND position <= ?2 \
                 ORDER BY position LIMIT ?3"
            ),
            // One parameter for however many topics there are: the statement takes the arrays apart, once.
            select_log_of_topics: format!(
                "WITH prefixes (prefix) AS MATERIALIZED (SELECT value FROM json_each(?5)) \
                 SELECT {EVENT}, originator_id FROM {name} WHERE position > ?1 AND position <= ?2 \
                 AND (topic IN (SELECT value FROM json_each(?4)) \
                     OR EXISTS (SELECT 1 FROM prefixes WHERE substr(topic, 1, length(prefix)) = prefix)) \
                 ORDER BY position LIMIT ?3"
            ),
            max_position: format!("SELECT max(position) FROM {name}"),
            last_version: format!("SELECT coalesce(max(originator_version), 0) FROM {name} WHERE originator_id = ?1"),
            find: format!(
                "SELECT position FROM {name} WHERE originator_id = ?1 AND originator_version = ?2 AND event_id = ?3"
            ),
            name,
        }
    }

    /// The statement that inserts `rows` events.
    pub(crate) fn insert(&self, rows: usize) -> String {
        let head = format!(
            "INSERT INTO {} (originator_id, originator_version, topic, event_id, timestamp, schema_version, state, \
             metadata, hash) VALUES ",
            self.name
        );
        head + &vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ")
    }

    /// The statements that make the table and its triggers.
    pub(crate) fn definition(&self) -> String {
        let (name, columns, triggers) = (&self.name, EVENTS.declarations(), self.triggers());
        format!("CREATE TABLE {name} ({columns}, UNIQUE (originator_id, originator_version)) STRICT;\n{triggers}")
    }

    /// The statements that make the file refuse that events are left out or changed.
    pub(crate) fn triggers(&self) -> String {
        let name = &self.name;
        format!(
            "CREATE TRIGGER IF NOT EXISTS {name}_follow BEFORE INSERT ON {name}
             WHEN NEW.originator_version <> 1 + coalesce(
                     (SELECT max(originator_version) FROM {name} WHERE originator_id = NEW.originator_id), 0)
                 OR EXISTS (SELECT 1 FROM {name} WHERE position = NEW.position)
             BEGIN SELECT RAISE(ABORT, 'the version does not follow the last one'); END;
             CREATE TRIGGER IF NOT EXISTS {name}_stay BEFORE UPDATE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
             CREATE TRIGGER IF NOT EXISTS {name}_remain BEFORE DELETE ON {name}
             BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;"
        )
    }

    /// The names of the triggers.
    fn trigger_names(&self) -> [String; 3] {
        TRIGGERS.map(|trigger| format!("{}_{trigger}", self.name))
    }

    /// The statements that remove the triggers which are there.
    pub(crate) fn drop_triggers(&self) -> String {
        self.trigger_names()
            .map(|trigger| format!("DROP TRIGGER IF EXISTS {trigger};"))
            .join("\n")
    }
}

impl SnapshotsTable {
    fn new(name: String) -> Self {
        Self {
            stream: StreamStatements::of(&name, SNAPSHOT),
            insert: format!(
                "INSERT OR REPLACE INTO {name} (originator_id, originator_version, topic, timestamp, schema_version, \
                 state, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
            ),
            delete_of_aggregate: format!("DELETE FROM {name} WHERE originator_id = ?1"),
            delete_of_topic: format!("DELETE FROM {name} WHERE topic = ?1"),
            name,
        }
    }

    fn definition(&self) -> String {
        let (name, columns) = (&self.name, SNAPSHOTS.declarations());
        format!(
            "CREATE TABLE {name} ({columns}, PRIMARY KEY (originator_id, originator_version)) STRICT, WITHOUT ROWID;"
        )
    }
}

impl TrackingTable {
    fn new(name: String) -> Self {
        Self {
            insert: format!(
                "INSERT INTO {name} (consumer, upstream, position, event_id, fence, token) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (consumer, upstream) DO UPDATE SET position = excluded.position, \
                 event_id = excluded.event_id, fence = excluded.fence, token = excluded.token \
                 WHERE excluded.position > position AND excluded.fence >= fence"
            ),
            select: format!(
                "SELECT position, event_id, fence, token FROM {name} WHERE consumer = ?1 AND upstream = ?2"
            ),
            name,
        }
    }

    fn definition(&self) -> String {
        let (name, columns) = (&self.name, TRACKING.declarations());
        format!("CREATE TABLE {name} ({columns}, PRIMARY KEY (consumer, upstream)) STRICT, WITHOUT ROWID;")
    }
}
