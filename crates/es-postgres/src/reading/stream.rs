//! Reading events and snapshots of one aggregate.

use std::sync::Arc;

use es_persistence::{OriginatorId, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection};
use sqlx::{Row as _, postgres::PgRow};

use super::{Reading, limit};
use crate::{
    connection::Connection,
    error::Failure,
    rows,
    rows::columns::{id_columns, to_column},
    schema::{StreamStatements, Tables},
};

/// Reads events of one aggregate.
pub(crate) struct EventsReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) selection: StreamSelection,
}

impl Reading for EventsReading {
    type Output = Vec<StoredEvent>;

    async fn read(&self, connection: &mut Connection) -> Result<Vec<StoredEvent>, Failure> {
        let rows = select(&self.tables.select_events, &self.selection, connection).await?;
        let id = self.selection.originator_id();
        rows.iter().map(|row| rows::event(row, id, 0)).collect()
    }
}

/// Reads snapshots of one aggregate.
pub(crate) struct SnapshotsReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) selection: StreamSelection,
}

impl Reading for SnapshotsReading {
    type Output = Vec<StoredSnapshot>;

    async fn read(&self, connection: &mut Connection) -> Result<Vec<StoredSnapshot>, Failure> {
        let rows = select(&self.tables.select_snapshots, &self.selection, connection).await?;
        let id = self.selection.originator_id();
        rows.iter().map(|row| rows::snapshot(row, id, 0)).collect()
    }
}

async fn select(
    statements: &StreamStatements,
    selection: &StreamSelection,
    connection: &mut Connection,
) -> Result<Vec<PgRow>, Failure> {
    let statement = if selection.is_descending() {
        &statements.descending
    } else {
        &statements.ascending
    };
    let (uuid, text) = id_columns(selection.originator_id());
    let query = statement.query().bind(uuid).bind(text);
    let query = query.bind(to_column(selection.lower()));
    let query = query.bind(to_column(selection.upper().unwrap_or(u64::MAX)));
    let query = query.bind(limit(selection.max_len()));
    Ok(query.fetch_all(&mut connection.driver).await?)
}

/// Reads the last snapshot up to a version, and the events from its version on, by one statement.
pub(crate) struct SnapshotStreamReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) originator_id: OriginatorId,
    pub(crate) up_to: u64,
    pub(crate) limit: usize,
}

/// The column that says whether a row of a stream is a snapshot.
const IS_SNAPSHOT: usize = 8;

impl Reading for SnapshotStreamReading {
    type Output = SnapshotStream;

    async fn read(&self, connection: &mut Connection) -> Result<SnapshotStream, Failure> {
        let id = &self.originator_id;
        let (uuid, text) = id_columns(id);
        let query = self.tables.select_stream.query().bind(uuid).bind(text);
        let query = query.bind(to_column(self.up_to)).bind(limit(Some(self.limit)));
        let rows = query.fetch_all(&mut connection.driver).await?;
        let mut snapshot = None;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(IS_SNAPSHOT)? {
                snapshot = Some(rows::snapshot(row, id, 0)?);
            } else {
                events.push(rows::event(row, id, 0)?);
            }
        }
        // The parts of a union have no order that is promised.
        events.sort_by_key(|event| event.originator_version);
        Ok(SnapshotStream::new(snapshot, events))
    }
}
