//! Events by topics and tags.

use std::sync::Arc;

use es_persistence::{EventQuery, FoundEvents, Notification, ReadToken};
use es_sql::ways;
use rusqlite::{Connection, params_from_iter};

use super::{Budget, Reading, log::max_position, prepare};
use crate::{error::Failure, rows, schema::Tables};

/// Reads the events that match a query, in one transaction.
pub(crate) struct TaggedReading {
    tables: Arc<Tables>,
    query: EventQuery,
    found: Vec<(Option<usize>, Notification)>,
    /// The last position when the reading began, once that is known.
    last: Option<u64>,
    /// How many ways to match have been read, and up to which position the next one has been.
    read: usize,
    reached: u64,
}

impl TaggedReading {
    pub(crate) const fn new(tables: Arc<Tables>, query: EventQuery) -> Self {
        Self {
            tables,
            query,
            found: Vec::new(),
            last: None,
            read: 0,
            reached: 0,
        }
    }

    fn begin(&mut self, connection: &Connection) -> Result<(), Failure> {
        if self.last.is_none() {
            prepare(connection, "BEGIN")?.execute([])?;
            self.last = Some(max_position(connection, &self.tables)?.unwrap_or(0));
        }
        Ok(())
    }

    /// Reads on; returns `true` if all has been read.
    fn read_on(&mut self, connection: &Connection, budget: &mut Budget) -> Result<bool, Failure> {
        let query = self.query.clone();
        for way in ways(&query).into_iter().skip(self.read) {
            let lookup = self.tables.tags.select(&way, self.reached);
            let mut statement = prepare(connection, &lookup.sql)?;
            let mut rows = statement.query(params_from_iter(&lookup.values))?;
            while let Some(row) = rows.next()? {
                let (position, event) = rows::notification(row, &self.tables.events.name)?;
                let bytes = event.state.len();
                self.found.push((way.item, Notification::new(position, event)));
                self.reached = position;
                if !budget.spend(bytes) && !way.is_last_only {
                    return Ok(false);
                }
            }
            self.read += 1;
            self.reached = 0;
        }
        Ok(true)
    }
}

impl Reading for TaggedReading {
    type Output = FoundEvents;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, Failure> {
        self.begin(connection)?;
        let is_done = self.read_on(connection, &mut budget)?;
        if is_done {
            prepare(connection, "COMMIT")?.execute([])?;
        }
        Ok(is_done)
    }

    fn finish(self) -> FoundEvents {
        let token = ReadToken::new(self.last.unwrap_or(0), Vec::new());
        FoundEvents::collect(&self.query, token, self.found)
    }
}
