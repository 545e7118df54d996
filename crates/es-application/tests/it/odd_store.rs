//! A store in memory with odd habits: positions with holes, and slow snapshots.

use std::{sync::Arc, time::Duration};

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, Datastore, DatastoreError, Environment, LogPage,
    MemoryRecorder, Notification, OriginatorId, Persistence, ProcessRecorder, ReadableLog, RecorderError, Selection,
    SnapshotDeletion, SnapshotRecorder, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection, TrackingRecorder,
    Wakeup,
};

/// The habits.
#[derive(Clone, Debug, Default)]
pub(crate) struct OddStore {
    /// The distance between two positions; 0 is 1.
    pub(crate) gap: u64,
    /// How long it takes to store a snapshot.
    pub(crate) snapshot_delay: Duration,
    /// The recorder behind it, without the habits.
    pub(crate) recorder: Arc<MemoryRecorder>,
}

impl OddStore {
    fn gap(&self) -> u64 {
        self.gap.max(1)
    }
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, DatastoreError>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Persistence for OddStore {
    fn module(&self) -> &'static str {
        "odd"
    }

    fn open<'a>(&'a self, _: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        let store: Arc<dyn Datastore> = Arc::new(self.clone());
        ready(store)
    }
}

impl Datastore for OddStore {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        let recorder: Arc<dyn ApplicationRecorder> = Arc::new(self.clone());
        ready(recorder)
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        let recorder: Arc<dyn ProcessRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        ready(recorder)
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        let recorder: Arc<dyn TrackingRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        ready(recorder)
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        let recorder: Arc<dyn SnapshotRecorder> = Arc::new(self.clone());
        ready(recorder)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl AggregateRecorder for OddStore {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(async move {
            let positions = self.recorder.insert_events(events).await?;
            Ok(positions.into_iter().map(|position| position * self.gap()).collect())
        })
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        self.recorder.select_events(selection)
    }
}

impl ReadableLog for OddStore {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        let mut inner = Selection::after(selection.lower() / self.gap());
        if let Some(upper) = selection.upper() {
            inner = inner.up_to(upper / self.gap());
        }
        if let Some(limit) = selection.max_len() {
            inner = inner.limit(limit);
        }
        if let Some(topics) = selection.selected_topics() {
            inner = inner.of_topics(topics.clone());
        }
        Box::pin(async move {
            let page = self.recorder.select_notifications(inner).await?;
            let moved = page.notifications.into_iter();
            let moved = moved.map(|found| Notification::new(found.position * self.gap(), found.event));
            let reached = (page.reached * self.gap()).max(selection.lower());
            Ok(LogPage::new(moved.collect(), reached))
        })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async move {
            let last = self.recorder.max_position().await?;
            Ok(last.map(|position| position * self.gap()))
        })
    }

    fn wakeup(&self) -> Wakeup {
        self.recorder.wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

impl SnapshotRecorder for OddStore {
    fn insert_snapshots(&self, snapshots: Vec<StoredSnapshot>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move {
            if !self.snapshot_delay.is_zero() {
                tokio::time::sleep(self.snapshot_delay).await;
            }
            self.recorder.insert_snapshots(snapshots).await
        })
    }

    fn select_snapshots(
        &self,
        selection: StreamSelection,
    ) -> BoxFuture<'_, Result<Vec<StoredSnapshot>, RecorderError>> {
        self.recorder.select_snapshots(selection)
    }

    fn select_stream(
        &self,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<SnapshotStream, RecorderError>> {
        self.recorder.select_stream(originator_id, up_to, limit)
    }

    fn delete_snapshots(&self, doomed: SnapshotDeletion) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.recorder.delete_snapshots(doomed)
    }
}
