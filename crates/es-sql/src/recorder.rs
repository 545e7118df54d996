//! The recorder of one application's events, tracking and snapshots.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, AppendCondition, Capabilities, DecisionRecorder, EventQuery, FoundEvents, LogPage, OriginatorId,
    ProcessRecorder, ReadableLog, RecorderError, Selection, SnapshotDeletion, SnapshotRecorder, SnapshotStream,
    StoredEvent, StoredSnapshot, StreamSelection, TaggedRow, Tracking, TrackingKey, TrackingRecorder, Wakeup,
    check_tags,
};
use futures_core::future::BoxFuture;

use crate::{Database, Save, save::submit};

#[derive(Debug)]
pub(super) struct SqlRecorder<D>(pub(super) Arc<D>);

impl<D: Database> SqlRecorder<D> {
    /// Stores a save whose positions nobody asks for.
    fn store(&self, save: Save) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async { submit(&self.0, save).await.map(drop) })
    }
}

impl<D: Database> AggregateRecorder for SqlRecorder<D> {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(submit(&self.0, Save::of_events(events, None)))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        Box::pin(self.0.read_stream(selection))
    }
}

impl<D: Database> ReadableLog for SqlRecorder<D> {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
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

impl<D: Database> SnapshotRecorder for SqlRecorder<D> {
    fn insert_snapshots(&self, snapshots: Vec<StoredSnapshot>) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.store(Save::of_snapshots(snapshots))
    }

    fn select_snapshots(
        &self,
        selection: StreamSelection,
    ) -> BoxFuture<'_, Result<Vec<StoredSnapshot>, RecorderError>> {
        Box::pin(self.0.read_snapshots(selection))
    }

    fn select_stream(
        &self,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<SnapshotStream, RecorderError>> {
        Box::pin(self.0.read_snapshot_stream(originator_id, up_to, limit))
    }

    fn delete_snapshots(&self, doomed: SnapshotDeletion) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.store(Save::of_deletion(doomed))
    }
}

impl<D: Database> TrackingRecorder for SqlRecorder<D> {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.store(Save::of_events(Vec::new(), Some(tracking)))
    }

    fn last_tracking(&self, key: TrackingKey) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        Box::pin(self.0.last_tracking(key))
    }

    fn wait_for_tracking(&self, key: TrackingKey, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.0.tracking_wakeup().wait_for_tracking(self, key, position))
    }
}

impl<D: Database> ProcessRecorder for SqlRecorder<D> {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(submit(&self.0, Save::of_events(events, Some(tracking))))
    }
}

impl<D: Database> DecisionRecorder for SqlRecorder<D> {
    fn select_tagged(&self, query: EventQuery) -> BoxFuture<'_, Result<FoundEvents, RecorderError>> {
        Box::pin(self.0.read_tagged(query))
    }

    fn insert_tagged(
        &self,
        events: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(async {
            check_tags(D::STORE, &events)?;
            submit(&self.0, Save::of_tagged(events, condition)).await
        })
    }
}
