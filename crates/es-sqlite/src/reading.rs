//! What can be read: a part of an aggregate's events, a part of the log, the last position.

use std::sync::Arc;

use es_persistence::{Notification, Selection, StoredEvent, StreamSelection, Tracking};
use es_sql::Table;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    readers::{Budget, Reading},
    rows::{self, IdColumn, UuidColumn, to_column},
    schema::Tables,
};

/// Reads a part of an aggregate's events.
pub(crate) struct StreamReading {
    tables: Arc<Tables>,
    table: Table,
    selection: StreamSelection,
    read: Vec<StoredEvent>,
}

impl StreamReading {
    pub(crate) fn new(tables: Arc<Tables>, table: Table, selection: StreamSelection) -> Self {
        Self {
            tables,
            table,
            selection,
            read: Vec::new(),
        }
    }

    fn statement(&self) -> &str {
        let stream = match self.table {
            Table::Events => &self.tables.events.stream,
            Table::Snapshots => &self.tables.snapshots.stream,
        };
        if self.selection.is_descending() {
            &stream.descending
        } else {
            &stream.ascending
        }
    }

    /// The versions that are still to be read: above the first, up to the second.
    fn bounds(&self) -> (i64, i64) {
        let (lower, upper) = (self.selection.lower(), self.selection.upper().unwrap_or(u64::MAX));
        let last = self.read.last().map(|event| event.originator_version);
        let (lower, upper) = match last {
            None => (lower, upper),
            Some(last) if self.selection.is_descending() => (lower, last - 1),
            Some(last) => (last, upper),
        };
        (to_column(lower), to_column(upper))
    }
}

impl Reading for StreamReading {
    type Output = Vec<StoredEvent>;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, rusqlite::Error> {
        let (lower, upper) = self.bounds();
        let limit = remaining(self.selection.max_len(), self.read.len());
        let id = self.selection.originator_id();
        let mut statement = connection.prepare_cached(self.statement())?;
        let mut rows = statement.query(params![IdColumn(id), lower, upper, limit])?;
        while let Some(row) = rows.next()? {
            let event = rows::event(row, id.clone(), 0)?;
            let bytes = event.state.len();
            self.read.push(event);
            if !budget.spend(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.read
    }
}

/// Reads a part of the log.
pub(crate) struct LogReading {
    tables: Arc<Tables>,
    selection: Selection,
    read: Vec<Notification>,
}

impl LogReading {
    pub(crate) fn new(tables: Arc<Tables>, selection: Selection) -> Self {
        Self {
            tables,
            selection,
            read: Vec::new(),
        }
    }
}

impl Reading for LogReading {
    type Output = Vec<Notification>;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, rusqlite::Error> {
        let topics = self.selection.selected_topics();
        let lower = self.read.last().map_or(self.selection.lower(), |last| last.position);
        let upper = self.selection.upper().unwrap_or(u64::MAX);
        let limit = remaining(self.selection.max_len(), self.read.len());
        let bounds = (to_column(lower), to_column(upper), limit);
        let mut statement;
        let mut rows = if topics.is_empty() {
            statement = connection.prepare_cached(&self.tables.events.select_log)?;
            statement.query(bounds)?
        } else {
            statement = connection.prepare_cached(&self.tables.events.select_log_of_topics)?;
            // One parameter however many there are: the statement takes the array apart.
            let topics = serde_json::json!(topics).to_string();
            statement.query((bounds.0, bounds.1, bounds.2, topics))?
        };
        while let Some(row) = rows.next()? {
            let IdColumn(id) = row.get(1)?;
            let notification = Notification {
                position: rows::number(row, 0)?,
                event: rows::event(row, id, 2)?,
            };
            let bytes = notification.event.state.len();
            self.read.push(notification);
            if !budget.spend(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.read
    }
}

/// Asks for the last position.
pub(crate) struct MaxPositionReading {
    tables: Arc<Tables>,
    position: Option<u64>,
}

impl MaxPositionReading {
    pub(crate) const fn new(tables: Arc<Tables>) -> Self {
        Self { tables, position: None }
    }
}

impl Reading for MaxPositionReading {
    type Output = Option<u64>;

    fn advance(&mut self, connection: &Connection, _: Budget) -> Result<bool, rusqlite::Error> {
        let mut statement = connection.prepare_cached(&self.tables.events.max_position)?;
        let position: Option<Option<i64>> = statement.query_row([], |row| row.get(0)).optional()?;
        self.position = position.flatten().and_then(|position| u64::try_from(position).ok());
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.position
    }
}

/// Asks how far an upstream has been processed.
pub(crate) struct TrackingReading {
    tables: Arc<Tables>,
    upstream: Arc<str>,
    tracking: Option<Tracking>,
}

impl TrackingReading {
    pub(crate) const fn new(tables: Arc<Tables>, upstream: Arc<str>) -> Self {
        Self {
            tables,
            upstream,
            tracking: None,
        }
    }
}

impl Reading for TrackingReading {
    type Output = Option<Tracking>;

    fn advance(&mut self, connection: &Connection, _: Budget) -> Result<bool, rusqlite::Error> {
        let mut statement = connection.prepare_cached(&self.tables.tracking.select)?;
        let read = statement.query_row([&*self.upstream], |row| {
            let event_id = row.get::<_, Option<UuidColumn>>(1)?.map(|UuidColumn(id)| id);
            Ok(Tracking {
                upstream: Arc::clone(&self.upstream),
                position: rows::number(row, 0)?,
                event_id,
            })
        });
        self.tracking = read.optional()?;
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.tracking
    }
}

/// The `LIMIT` for what is still to be read; -1 is none.
fn remaining(limit: Option<usize>, read: usize) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit.saturating_sub(read)).unwrap_or(-1))
}
