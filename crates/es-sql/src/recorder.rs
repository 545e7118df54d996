//! The recorder of one application's events and of how far it has processed others'.

use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::{Database, Table, save::submit};
use es_persistence::{
    AggregateRecorder, ApplicationRecorder, Capabilities, Notification, ProcessRecorder, RecorderError, Selection,
    StoredEvent, StreamSelection, Tracking, TrackingRecorder, Wakeup,
};

/// Stores the events of one application in a table of its own.
#[derive(Debug)]
pub(super) struct SqlRecorder<D>(pub(super) Arc<D>);

impl<D: Database> AggregateRecorder for SqlRecorder<D> {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(submit(&self.0, Table::Events, events, None))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        Box::pin(self.0.read_stream(Table::Events, selection))
    }
}

impl<D: Database> ApplicationRecorder for SqlRecorder<D> {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        Box::pin(self.0.read_log(selection))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(self.0.max_position())
    }

    fn wakeup(&self) -> Wakeup {
        self.0.event_wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

impl<D: Database> TrackingRecorder for SqlRecorder<D> {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async {
            submit(&self.0, Table::Events, Vec::new(), Some(tracking))
                .await
                .map(drop)
        })
    }

    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        Box::pin(self.0.last_tracking(upstream))
    }

    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.0.tracking_wakeup().wait_for_tracking(self, upstream, position))
    }
}

impl<D: Database> ProcessRecorder for SqlRecorder<D> {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(submit(&self.0, Table::Events, events, Some(tracking)))
    }
}
