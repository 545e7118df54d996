//! Queries and conditions on their way to the server: JSON, because no array has rows of different lengths.

use es_persistence::{AppendCondition, OriginatorId};
use es_sql::{Way, ways};
use serde_json::{Value, json};

use super::columns::{id_columns, to_column};

/// The ways to match queries, as the functions of the tags table take them.
#[derive(Debug, Default)]
pub(crate) struct WayRows(Vec<Value>);

impl WayRows {
    /// The ways of a query that is read. Where only the last event is read, all that are after `bound` are read too: the
    /// token has to name them.
    pub(crate) fn of_query(ways: &[Way<'_>], bound: u64) -> Self {
        let mut rows = Vec::with_capacity(ways.len());
        for (index, way) in ways.iter().enumerate() {
            let mut row = row(way);
            row["way"] = index.into();
            row["after"] = 0.into();
            if way.is_last_only {
                let mut later = row.clone();
                later["after"] = to_column(bound).into();
                rows.push(later);
                row["most"] = 1.into();
            }
            rows.push(row);
        }
        Self(rows)
    }

    /// Adds the condition of the save with the number `save`. Returns `true` if events without tags may make it fail.
    pub(crate) fn add_condition(&mut self, save: usize, condition: &AppendCondition) -> bool {
        let ways = ways(&condition.query);
        for way in &ways {
            let mut row = row(way);
            row["save"] = save.into();
            row["after"] = to_column(condition.token.after()).into();
            row["seen"] = condition.token.seen().into();
            self.0.push(row);
        }
        ways.iter().any(Way::is_of_aggregates)
    }

    pub(crate) fn to_json(&self) -> String {
        Value::from(self.0.as_slice()).to_string()
    }
}

fn row(way: &Way<'_>) -> Value {
    let (first, more) = match (way.originator, way.keys.as_slice()) {
        (None, [first, more @ ..]) => (Some(first), more),
        (_, keys) => (None, keys),
    };
    let columns = way.originator.map(|id: &OriginatorId| id_columns(id));
    json!({
        "first": first,
        "more": more,
        "id": columns.map(|(id, _)| id.to_string()),
        "txt": columns.map(|(_, text)| text),
        "exact": way.topics.map(|topics| storable(topics.exact_topics())),
        "prefixes": way.topics.map(|topics| storable(topics.prefixes())),
    })
}

/// Leaves out texts with a NUL character, which the server refuses and no topic has.
pub(crate) fn storable(texts: &[String]) -> Vec<&str> {
    let texts = texts.iter().map(String::as_str);
    texts.filter(|text| !text.contains('\0')).collect()
}
