//! The recorder of one application's snapshots.

use std::sync::Arc;

use es_persistence::{AggregateRecorder, BoxFuture, Operation, RecorderError, StoredEvent, StreamSelection};

use crate::{
    database::Database,
    reading::StreamReading,
    save::{Save, Table},
};

/// Stores the snapshots of one application in a table of their own.
#[derive(Debug)]
pub(crate) struct PostgresSnapshots {
    database: Arc<Database>,
}

impl PostgresSnapshots {
    pub(crate) const fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl AggregateRecorder for PostgresSnapshots {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.database.save(Save::new(Table::Snapshots, events, None)))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let reading = StreamReading {
            tables: Arc::clone(&self.database.tables),
            table: Table::Snapshots,
            selection,
        };
        Box::pin(self.database.read(Operation::SelectEvents, reading))
    }
}
