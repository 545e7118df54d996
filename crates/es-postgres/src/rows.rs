//! Rows to events and back.

use std::borrow::Cow;

use es_persistence::{Notification, OriginatorId, StoredEvent};
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::error::Failure;

/// An ID in the form of its two columns: a text ID has a UUID of zeros, a UUID has no text.
pub(crate) fn id_columns(id: &OriginatorId) -> (Uuid, &str) {
    match id {
        OriginatorId::Uuid(uuid) => (*uuid, ""),
        OriginatorId::Text(text) => (Uuid::nil(), text),
    }
}

fn originator_id(uuid: Uuid, text: &str) -> OriginatorId {
    if text.is_empty() {
        OriginatorId::Uuid(uuid)
    } else {
        OriginatorId::from(text)
    }
}

/// Events in the form of one array for each column.
#[derive(Debug, Default)]
pub(crate) struct EventColumns<'a> {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) texts: Vec<&'a str>,
    pub(crate) versions: Vec<i64>,
    pub(crate) topics: Vec<&'a str>,
    pub(crate) states: Vec<&'a [u8]>,
}

impl<'a> Extend<&'a StoredEvent> for EventColumns<'a> {
    fn extend<T: IntoIterator<Item = &'a StoredEvent>>(&mut self, events: T) {
        for event in events {
            let (id, text) = id_columns(&event.originator_id);
            self.ids.push(id);
            self.texts.push(text);
            self.versions.push(to_column(event.originator_version));
            self.topics.push(&event.topic);
            self.states.push(&event.state);
        }
    }
}

/// Reads an event whose version, topic and state are the columns from `first` on.
pub(crate) fn event(row: &PgRow, originator_id: OriginatorId, first: usize) -> Result<StoredEvent, Failure> {
    Ok(StoredEvent {
        originator_id,
        originator_version: number(row, first)?,
        topic: Cow::Owned(row.try_get(first + 1)?),
        state: row.try_get(first + 2)?,
    })
}

/// Reads a position, an ID in two columns, and an event.
pub(crate) fn notification(row: &PgRow) -> Result<Notification, Failure> {
    let id = originator_id(row.try_get(1)?, row.try_get(2)?);
    Ok(Notification {
        position: number(row, 0)?,
        event: event(row, id, 3)?,
    })
}

/// Reads a position or a version.
pub(crate) fn number(row: &PgRow, column: usize) -> Result<u64, Failure> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(Failure::unreadable)
}

/// A position or a version as the server keeps it; beyond its greatest number there is nothing to find.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
