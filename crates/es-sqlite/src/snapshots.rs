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
pub(crate) struct SqliteSnapshots {
    database: Arc<Database>,
}

impl SqliteSnapshots {
    pub(crate) const fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl AggregateRecorder for SqliteSnapshots {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.database.save(Save {
            table: Table::Snapshots,
            events,
            tracking: None,
        }))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let reading = StreamReading::new(Arc::clone(&self.database.tables), Table::Snapshots, selection);
        Box::pin(self.database.read(Operation::SelectEvents, reading))
    }
}
