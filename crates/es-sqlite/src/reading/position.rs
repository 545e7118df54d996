//! Positions: the last one, those of known events, and those that consumers have reached.

use std::sync::Arc;

use es_persistence::{StoredEvent, Tracking, TrackingKey};
use rusqlite::{Connection, params};

use super::{Budget, Reading, log::max_position, prepare};
use crate::{
    error::Failure,
    rows::{self, IdColumn, to_column},
    schema::Tables,
};

/// Reads the last position.
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

    fn advance(&mut self, connection: &Connection, _: Budget) -> Result<bool, Failure> {
        self.position = max_position(connection, &self.tables)?;
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.position
    }
}

/// Looks for events by ID, version and event ID.
pub(crate) struct FindReading {
    tables: Arc<Tables>,
    events: Arc<[StoredEvent]>,
    positions: Vec<u64>,
}

impl FindReading {
    pub(crate) const fn new(tables: Arc<Tables>, events: Arc<[StoredEvent]>) -> Self {
        Self {
            tables,
            events,
            positions: Vec::new(),
        }
    }

    fn find(&self, connection: &Connection, event: &StoredEvent) -> Result<Option<u64>, Failure> {
        let mut statement = prepare(connection, &self.tables.events.find)?;
        let (id, version) = (IdColumn(&event.originator_id), to_column(event.originator_version));
        let mut rows = statement.query(params![id, version, event.event_id.as_bytes()])?;
        match rows.next()? {
            Some(row) => rows::position(row, &self.tables.events.name),
            None => Ok(None),
        }
    }
}

impl Reading for FindReading {
    type Output = Option<Vec<u64>>;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, Failure> {
        let events = Arc::clone(&self.events);
        for event in &events[self.positions.len()..] {
            let Some(position) = self.find(connection, event)? else {
                return Ok(true);
            };
            self.positions.push(position);
            if !budget.spend(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        (self.positions.len() == self.events.len()).then_some(self.positions)
    }
}

/// Reads how far a consumer has processed a log.
pub(crate) struct TrackingReading {
    tables: Arc<Tables>,
    key: TrackingKey,
    tracking: Option<Tracking>,
}

impl TrackingReading {
    pub(crate) const fn new(tables: Arc<Tables>, key: TrackingKey) -> Self {
        Self {
            tables,
            key,
            tracking: None,
        }
    }
}

impl Reading for TrackingReading {
    type Output = Option<Tracking>;

    fn advance(&mut self, connection: &Connection, _: Budget) -> Result<bool, Failure> {
        let mut statement = prepare(connection, &self.tables.tracking.select)?;
        let mut rows = statement.query([&*self.key.consumer, &*self.key.upstream])?;
        let name = &self.tables.tracking.name;
        let row = rows.next()?;
        self.tracking = row.map(|row| rows::tracking(row, name, &self.key)).transpose()?;
        Ok(true)
    }

    fn finish(self) -> Self::Output {
        self.tracking
    }
}
