//! An event as it is shown.

use es_persistence::{Mapper, Notification, StoredEvent};
use serde_json::{Map, Value, json};

use crate::{
    arguments::Format,
    body::Body,
    output::{clipped, printable},
};

/// A decoded event.
#[derive(Debug)]
pub(crate) struct Shown {
    /// `None` for events of a history, which has no positions.
    pub(crate) position: Option<u64>,
    pub(crate) row: StoredEvent,
    pub(crate) body: Body,
    pub(crate) metadata: Map<String, Value>,
}

/// The first line of a table.
pub(crate) const TABLE_HEAD: &str = "POSITION  TIME                         TOPIC                          AGGREGATE                             VERSION  BODY";

/// The first line of comma-separated values.
pub(crate) const CSV_HEAD: &str =
    "position,timestamp,topic,originator_id,originator_version,event_id,schema_version,body,metadata";

/// The width of a body in a table.
const BODY_WIDTH: usize = 100;

impl Shown {
    pub(crate) fn of(notification: Notification, mapper: &Mapper) -> Self {
        Self {
            position: Some(notification.position),
            ..Self::of_row(notification.event, mapper)
        }
    }

    pub(crate) fn of_row(row: StoredEvent, mapper: &Mapper) -> Self {
        // Metadata that cannot be read are left out: the body says why.
        let metadata = mapper.metadata(&row).unwrap_or_default();
        let metadata = metadata
            .iter()
            .map(|(key, value)| (key.to_owned(), Value::from(value)))
            .collect();
        Self {
            position: None,
            body: Body::of(&row, mapper),
            metadata,
            row,
        }
    }

    /// Returns the text of the metadata with this key.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).and_then(Value::as_str)
    }

    pub(crate) fn line(&self, format: Format) -> String {
        match format {
            Format::Table => self.table(),
            Format::Json => self.json().to_string(),
            Format::Csv => self.csv(),
        }
    }

    fn table(&self) -> String {
        format!(
            "{:<8}  {:<27}  {:<29}  {:<36}  {:<7}  {}",
            self.position.map_or_else(String::new, |position| position.to_string()),
            self.row.timestamp.to_string(),
            printable(&self.row.topic),
            printable(&self.row.originator_id.to_string()),
            self.row.originator_version,
            clipped(&self.body.text(), BODY_WIDTH),
        )
    }

    pub(crate) fn json(&self) -> Value {
        let row = &self.row;
        let mut object = json!({
            "position": self.position,
            "originator_id": row.originator_id.to_string(),
            "originator_version": row.originator_version,
            "topic": row.topic,
            "event_id": row.event_id.to_string(),
            "timestamp": row.timestamp.to_string(),
            "schema_version": row.schema_version,
        });
        match &self.body {
            Body::Known(value) => object["body"] = value.clone(),
            Body::Sealed => object["sealed"] = true.into(),
            Body::Unreadable(error) => object["error"] = error.as_str().into(),
        }
        if !self.metadata.is_empty() {
            object["metadata"] = Value::Object(self.metadata.clone());
        }
        object
    }

    fn csv(&self) -> String {
        let row = &self.row;
        let metadata = if self.metadata.is_empty() {
            String::new()
        } else {
            Value::Object(self.metadata.clone()).to_string()
        };
        let fields = [
            self.position.map_or_else(String::new, |position| position.to_string()),
            row.timestamp.to_string(),
            row.topic.to_string(),
            row.originator_id.to_string(),
            row.originator_version.to_string(),
            row.event_id.to_string(),
            row.schema_version.to_string(),
            self.body.text(),
            metadata,
        ];
        fields.map(|field| quoted(&field)).join(",")
    }

    /// Returns the event in the envelope of `CloudEvents` 1.0.2. `source` and `id` together name it, and `sequence` has the
    /// order of the log.
    pub(crate) fn cloud_event(&self, source: &str) -> Value {
        let row = &self.row;
        let mut event = json!({
            "specversion": "1.0",
            "id": row.event_id.to_string(),
            "source": source,
            "type": row.topic,
            "subject": row.originator_id.to_string(),
            "time": row.timestamp.to_string(),
            "datacontenttype": "application/json",
            "sequence": format!("{:020}", self.position.unwrap_or_default()),
            "originatorversion": row.originator_version.to_string(),
        });
        if let Some(value) = self.body.value() {
            event["data"] = value.clone();
        }
        for (key, name) in [("correlation_id", "correlationid"), ("causation_id", "causationid")] {
            if let Some(id) = self.metadata(key) {
                event[name] = id.into();
            }
        }
        event
    }
}

/// Quotes a field of comma-separated values where that is needed (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_needed() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted(r#"{"a":1,"b":2}"#), r#""{""a"":1,""b"":2}""#);
    }
}
