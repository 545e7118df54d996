//! Rows as texts in files.

use std::fmt::Write as _;

use es_domain::{OriginatorId, Timestamp};
use es_persistence::{StoredEvent, StoredSnapshot};
use uuid::Uuid;

/// The row as a text: one column a line, bytes as text where they are JSON, else in hexadecimal.
pub(crate) fn event_to_text(row: &StoredEvent) -> String {
    let mut text = head(&row.originator_id, row.originator_version, &row.topic);
    write!(
        text,
        "event_id {}\n{}",
        row.event_id,
        times(row.timestamp, row.schema_version)
    )
    .unwrap();
    text + &bytes("state", Some(&row.state))
        + &bytes("metadata", row.metadata.as_deref())
        + &bytes("hash", row.hash.as_deref())
}

pub(crate) fn snapshot_to_text(row: &StoredSnapshot) -> String {
    let text = head(&row.originator_id, row.originator_version, &row.topic);
    text + &times(row.timestamp, row.schema_version)
        + &bytes("state", Some(&row.state))
        + &bytes("hash", row.hash.as_deref())
}

pub(crate) fn event_of_text(text: &str) -> StoredEvent {
    let event_id: Uuid = column(text, "event_id").parse().unwrap();
    StoredEvent::new(id(text), number(text, "originator_version"), topic(text), state(text))
        .with_stamp(event_id, timestamp(text))
        .with_schema_version(number(text, "schema_version"))
        .with_metadata(bytes_of(text, "metadata"))
        .with_hash(bytes_of(text, "hash"))
}

pub(crate) fn snapshot_of_text(text: &str) -> StoredSnapshot {
    StoredSnapshot::new(id(text), number(text, "originator_version"), topic(text), state(text))
        .with_timestamp(timestamp(text))
        .with_schema_version(number(text, "schema_version"))
        .with_hash(bytes_of(text, "hash"))
}

fn head(id: &OriginatorId, version: u64, topic: &str) -> String {
    format!("originator_id {id}\noriginator_version {version}\ntopic {topic}\n")
}

fn times(timestamp: Timestamp, schema_version: u16) -> String {
    let micros = timestamp.as_micros();
    format!("timestamp {micros}\nschema_version {schema_version}\n")
}

fn bytes(name: &str, bytes: Option<&[u8]>) -> String {
    match bytes {
        None => format!("{name} null\n"),
        Some([b'{', ..]) => format!("{name} text {}\n", std::str::from_utf8(bytes.unwrap()).unwrap()),
        Some(bytes) => {
            let mut text = format!("{name} hex ");
            for byte in bytes {
                write!(text, "{byte:02x}").unwrap();
            }
            text + "\n"
        }
    }
}

fn column<'a>(text: &'a str, name: &str) -> &'a str {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(column, _)| *column == name).unwrap().1
}

fn number<T: TryFrom<u64, Error: std::fmt::Debug>>(text: &str, name: &str) -> T {
    T::try_from(column(text, name).parse::<u64>().unwrap()).unwrap()
}

fn id(text: &str) -> OriginatorId {
    OriginatorId::from(column(text, "originator_id").parse::<Uuid>().unwrap())
}

fn topic(text: &str) -> String {
    column(text, "topic").to_owned()
}

fn timestamp(text: &str) -> Timestamp {
    Timestamp::from_micros(column(text, "timestamp").parse().unwrap()).unwrap()
}

fn state(text: &str) -> Vec<u8> {
    bytes_of(text, "state").unwrap()
}

fn bytes_of(text: &str, name: &str) -> Option<Vec<u8>> {
    match column(text, name).split_once(' ') {
        None => None,
        Some(("text", text)) => Some(text.as_bytes().to_vec()),
        Some((_, hex)) => {
            let pairs = hex.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            Some(pairs.map(byte).collect())
        }
    }
}
