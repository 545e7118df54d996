//! Rows that come from the server.

pub(crate) mod columns;
pub(crate) mod time;
pub(crate) mod ways;

use std::borrow::Cow;

use es_persistence::{Notification, OriginatorId, StoredEvent, StoredSnapshot};
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use self::time::Time;
use crate::error::Failure;

/// Reads an event of a known aggregate. Its columns begin at `first`, in the order of [`schema`](crate::schema).
pub(crate) fn event(row: &PgRow, originator_id: &OriginatorId, first: usize) -> Result<StoredEvent, Failure> {
    unnamed_event(row, originator_id, first).map_err(|failure| failure.about(name_of(row, originator_id, first)))
}

/// Reads a snapshot of a known aggregate, whose columns begin at `first`.
pub(crate) fn snapshot(row: &PgRow, originator_id: &OriginatorId, first: usize) -> Result<StoredSnapshot, Failure> {
    let read = unnamed_snapshot(row, originator_id, first);
    read.map_err(|failure| failure.about(format!("the snapshot of {}", name_of(row, originator_id, first))))
}

/// Reads a position, an ID in two columns, and an event.
pub(crate) fn notification(row: &PgRow) -> Result<Notification, Failure> {
    unnamed_notification(row).map_err(|failure| {
        let position = row.try_get::<i64, _>(0);
        failure.about(position.map_or_else(
            |_| "an event".to_owned(),
            |position| format!("the event at position {position}"),
        ))
    })
}

/// The columns that all events have are the first six.
fn unnamed_event(row: &PgRow, originator_id: &OriginatorId, first: usize) -> Result<StoredEvent, Failure> {
    let Time(timestamp) = row.try_get(first + 2)?;
    let version = number(row, first)?;
    let topic: String = row.try_get(first + 1)?;
    let event = StoredEvent::new(
        originator_id.clone(),
        version,
        Cow::Owned(topic),
        row.try_get(first + 4)?,
    );
    Ok(event
        .with_stamp(row.try_get(first + 6)?, timestamp)
        .with_schema_version(schema_version(row, first + 3)?)
        .with_metadata(row.try_get(first + 7)?)
        .with_hash(row.try_get(first + 5)?))
}

fn unnamed_snapshot(row: &PgRow, originator_id: &OriginatorId, first: usize) -> Result<StoredSnapshot, Failure> {
    let Time(timestamp) = row.try_get(first + 2)?;
    let version = number(row, first)?;
    let topic: String = row.try_get(first + 1)?;
    let snapshot = StoredSnapshot::new(
        originator_id.clone(),
        version,
        Cow::Owned(topic),
        row.try_get(first + 4)?,
    );
    Ok(snapshot
        .with_timestamp(timestamp)
        .with_schema_version(schema_version(row, first + 3)?)
        .with_hash(row.try_get(first + 5)?))
}

fn unnamed_notification(row: &PgRow) -> Result<Notification, Failure> {
    let id = originator_id(row.try_get(1)?, row.try_get(2)?)?;
    Ok(Notification::new(number(row, 0)?, unnamed_event(row, &id, 3)?))
}

fn originator_id(uuid: Uuid, text: &str) -> Result<OriginatorId, Failure> {
    match (uuid.is_nil(), text.is_empty()) {
        (_, true) => Ok(OriginatorId::Uuid(uuid)),
        (true, false) => Ok(OriginatorId::from(text)),
        (false, false) => Err(Failure::unreadable("it has two IDs, a UUID and a text")),
    }
}

/// The name of a row in errors.
fn name_of(row: &PgRow, originator_id: &OriginatorId, column: usize) -> String {
    match row.try_get::<i64, _>(column) {
        Ok(version) => format!("version {version} of aggregate {originator_id}"),
        Err(_) => format!("a version of aggregate {originator_id}"),
    }
}

/// Reads a position or a version.
pub(crate) fn number(row: &PgRow, column: usize) -> Result<u64, Failure> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(Failure::unreadable)
}

fn schema_version(row: &PgRow, column: usize) -> Result<u16, Failure> {
    match u16::try_from(row.try_get::<i16, _>(column)?) {
        Ok(version @ 1..) => Ok(version),
        _ => Err(Failure::unreadable("its schema version is less than 1")),
    }
}
