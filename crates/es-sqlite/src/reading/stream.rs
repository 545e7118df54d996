//! Rows of one aggregate.

use std::sync::Arc;

use es_persistence::{OriginatorId, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection};
use rusqlite::{Connection, Row, params};

use super::{Budget, Reading, prepare, remaining};
use crate::{
    error::Failure,
    rows::{self, IdColumn, to_column},
    schema::{StreamStatements, Tables},
};

/// A row of an aggregate: an event or a snapshot.
pub(crate) trait StreamRow: Sized + Send + 'static {
    fn statements(tables: &Tables) -> &StreamStatements;
    fn read(row: &Row<'_>, tables: &Tables, id: OriginatorId) -> Result<Self, Failure>;
    fn version(&self) -> u64;
    fn state(&self) -> &[u8];
}

impl StreamRow for StoredEvent {
    fn statements(tables: &Tables) -> &StreamStatements {
        &tables.events.stream
    }

    fn read(row: &Row<'_>, tables: &Tables, id: OriginatorId) -> Result<Self, Failure> {
        rows::event(row, &tables.events.name, id)
    }

    fn version(&self) -> u64 {
        self.originator_version
    }

    fn state(&self) -> &[u8] {
        &self.state
    }
}

impl StreamRow for StoredSnapshot {
    fn statements(tables: &Tables) -> &StreamStatements {
        &tables.snapshots.stream
    }

    fn read(row: &Row<'_>, tables: &Tables, id: OriginatorId) -> Result<Self, Failure> {
        rows::snapshot(row, &tables.snapshots.name, id)
    }

    fn version(&self) -> u64 {
        self.originator_version
    }

    fn state(&self) -> &[u8] {
        &self.state
    }
}

/// Reads a part of an aggregate's rows.
pub(crate) struct StreamReading<R> {
    tables: Arc<Tables>,
    selection: StreamSelection,
    read: Vec<R>,
}

impl<R: StreamRow> StreamReading<R> {
    pub(crate) const fn new(tables: Arc<Tables>, selection: StreamSelection) -> Self {
        Self {
            tables,
            selection,
            read: Vec::new(),
        }
    }

    fn statement(&self) -> &str {
        let statements = R::statements(&self.tables);
        if self.selection.is_descending() {
            &statements.descending
        } else {
            &statements.ascending
        }
    }

    /// The versions that are still to be read: above the first, up to the second.
    fn bounds(&self) -> (i64, i64) {
        let (lower, upper) = (self.selection.lower(), self.selection.upper().unwrap_or(u64::MAX));
        let (lower, upper) = match self.read.last().map(R::version) {
            None => (lower, upper),
            Some(last) if self.selection.is_descending() => (lower, last - 1),
            Some(last) => (last, upper),
        };
        (to_column(lower), to_column(upper))
    }

    /// Reads on until `budget` is spent; returns `true` if all has been read.
    fn read_on(&mut self, connection: &Connection, budget: &mut Budget) -> Result<bool, Failure> {
        let (lower, upper) = self.bounds();
        let limit = remaining(self.selection.max_len(), self.read.len());
        let id = self.selection.originator_id();
        let mut statement = prepare(connection, self.statement())?;
        let mut rows = statement.query(params![IdColumn(id), lower, upper, limit])?;
        while let Some(row) = rows.next()? {
            let row = R::read(row, &self.tables, id.clone())?;
            let bytes = row.state().len();
            self.read.push(row);
            if !budget.spend(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl<R: StreamRow> Reading for StreamReading<R> {
    type Output = Vec<R>;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, Failure> {
        self.read_on(connection, &mut budget)
    }

    fn finish(self) -> Self::Output {
        self.read
    }
}

/// Reads the last snapshot of an aggregate and the events from its version on, in one transaction.
pub(crate) struct SnapshotStreamReading {
    snapshot: StreamReading<StoredSnapshot>,
    events: StreamReading<StoredEvent>,
    has_begun: bool,
}

impl SnapshotStreamReading {
    pub(crate) fn new(tables: Arc<Tables>, originator_id: OriginatorId, up_to: u64, limit: usize) -> Self {
        let stream = StreamSelection::of(originator_id).up_to(up_to);
        let latest = stream.clone().descending().limit(1);
        Self {
            snapshot: StreamReading::new(Arc::clone(&tables), latest),
            events: StreamReading::new(tables, stream.limit(limit)),
            has_begun: false,
        }
    }

    fn begin(&mut self, connection: &Connection, budget: &mut Budget) -> Result<(), Failure> {
        prepare(connection, "BEGIN")?.execute([])?;
        self.snapshot.read_on(connection, budget)?;
        if let Some(snapshot) = self.snapshot.read.last() {
            let events = self.events.selection.clone();
            self.events.selection = events.after(snapshot.originator_version - 1);
        }
        self.has_begun = true;
        Ok(())
    }
}

impl Reading for SnapshotStreamReading {
    type Output = SnapshotStream;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, Failure> {
        if !self.has_begun {
            self.begin(connection, &mut budget)?;
        }
        if budget.is_spent() || !self.events.read_on(connection, &mut budget)? {
            return Ok(false);
        }
        prepare(connection, "COMMIT")?.execute([])?;
        Ok(true)
    }

    fn finish(mut self) -> Self::Output {
        SnapshotStream::new(self.snapshot.read.pop(), self.events.read)
    }
}
