//! The recorder of one application's snapshots.

use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::{Database, Table, save::submit};
use es_persistence::{AggregateRecorder, RecorderError, StoredEvent, StreamSelection};

/// Stores the snapshots of one application in a table of their own.
#[derive(Debug)]
pub(super) struct SqlSnapshots<D>(pub(super) Arc<D>);

impl<D: Database> AggregateRecorder for SqlSnapshots<D> {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(submit(&self.0, Table::Snapshots, events, None))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        Box::pin(self.0.read_stream(Table::Snapshots, selection))
    }
}
