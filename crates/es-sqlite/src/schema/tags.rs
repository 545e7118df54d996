//! The table of tags: which events have which keys, and the statements that look events up by them.

use es_persistence::{AppendCondition, OriginatorId, Topics};
use es_sql::{Way, ways};
use rusqlite::{ToSql, types::ToSqlOutput};
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};

use super::{EVENT, columns::TAGS};
use crate::rows::{IdColumn, to_column};

/// The statements about the keys of events.
#[derive(Clone, Debug)]
pub(crate) struct TagsTable {
    pub(crate) name: String,
    events: String,
}

/// A statement, and the values of its parameters in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i64),
    Text(String),
    Id(OriginatorId),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Number(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Id(id) => Ok(match id {
                OriginatorId::Uuid(uuid) => ToSqlOutput::from(uuid.as_bytes().to_vec()),
                OriginatorId::Text(text) => ToSqlOutput::from(text.to_string()),
            }),
        }
    }
}

impl TagsTable {
    pub(super) fn new(name: String, events: &str) -> Self {
        let events = events.to_owned();
        Self { name, events }
    }

    pub(super) fn definition(&self) -> String {
        let (name, columns) = (&self.name, TAGS.declarations());
        format!("CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY (key, position)) STRICT, WITHOUT ROWID;")
    }

    /// The statement that inserts `rows` keys.
    pub(crate) fn insert(&self, rows: usize) -> String {
        let rows = vec!["(?, ?)"; rows].join(", ");
        format!("INSERT INTO {} (key, position) VALUES {rows}", self.name)
    }

    /// Reads the events that match in one way, after a position; in the order of positions, or only the last one.
    pub(crate) fn select(&self, way: &Way<'_>, after: u64) -> Lookup {
        let Lookup { sql, values } = self.matching(way, after, &[]);
        let order = if way.is_last_only {
            "position DESC LIMIT 1"
        } else if way.originator.is_some() {
            // It is the order of positions, and that of the index.
            "originator_version"
        } else {
            "position"
        };
        Lookup {
            sql: format!("SELECT {EVENT}, originator_id {sql} ORDER BY {order}"),
            values,
        }
    }

    /// Asks whether an event is there that makes the condition fail, or returns `None` if there can be none.
    pub(crate) fn is_broken(&self, condition: &AppendCondition) -> Option<Lookup> {
        let AppendCondition { query, token } = condition;
        let (mut parts, mut values) = (Vec::new(), Vec::new());
        for way in ways(query) {
            let found = self.matching(&way, token.after(), token.seen());
            parts.push(format!("EXISTS (SELECT 1 {})", found.sql));
            values.extend(found.values);
        }
        let sql = format!("SELECT {}", parts.join(" OR "));
        (!parts.is_empty()).then_some(Lookup { sql, values })
    }

    /// The tables and conditions of one way to match.
    fn matching(&self, way: &Way<'_>, after: u64, seen: &[u64]) -> Lookup {
        let mut lookup = self.source(way, after);
        let others = way.keys.iter().skip(usize::from(way.originator.is_none()));
        for key in others {
            let (tags, events) = (&self.name, &self.events);
            let there = format!("SELECT 1 FROM {tags} more WHERE more.key = ? AND more.position = {events}.position");
            lookup.and(&format!("EXISTS ({there})"), [Value::Text(key.clone())]);
        }
        if let Some(topics) = way.topics {
            lookup.and(TOPICS, topic_arrays(topics));
        }
        if !seen.is_empty() {
            lookup.and(
                "position NOT IN (SELECT value FROM json_each(?))",
                [Value::Text(serde_json::json!(seen).to_string())],
            );
        }
        lookup
    }

    /// The events after a position that have the first key, or belong to the aggregate.
    fn source(&self, way: &Way<'_>, after: u64) -> Lookup {
        let (tags, events) = (&self.name, &self.events);
        let after = Value::Number(to_column(after));
        if let Some(id) = way.originator {
            let sql = format!("FROM {events} WHERE originator_id = ? AND position > ?");
            let values = vec![Value::Id(id.clone()), after];
            return Lookup { sql, values };
        }
        let Some(key) = way.keys.first() else {
            let sql = format!("FROM {events} WHERE position > ?");
            return Lookup {
                sql,
                values: vec![after],
            };
        };
        let keyed = format!("SELECT position AS place FROM {tags} WHERE key = ? AND position > ?");
        // The keys come first, whatever the planner thinks of them.
        let sql = format!("FROM ({keyed}) CROSS JOIN {events} ON position = place WHERE true");
        let values = vec![Value::Text(key.clone()), after];
        Lookup { sql, values }
    }
}

/// One parameter for however many topics there are, as where the log is read.
const TOPICS: &str = "(topic IN (SELECT value FROM json_each(?)) \
                      OR EXISTS (SELECT 1 FROM json_each(?) WHERE substr(topic, 1, length(value)) = value))";

fn topic_arrays(topics: &Topics) -> [Value; 2] {
    let array = |texts: &[String]| Value::Text(serde_json::json!(texts).to_string());
    [array(topics.exact_topics()), array(topics.prefixes())]
}

impl Lookup {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    /// Adds the values to a query of sqlx.
    pub(crate) fn bind<'q>(&self, query: Statement<'q>) -> Statement<'q> {
        self.values.iter().fold(query, |query, value| match value {
            Value::Number(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.as_str()),
            Value::Id(id) => query.bind(IdColumn(id)),
        })
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;
