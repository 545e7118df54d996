//! The recorder of one application's events and of how far it has processed others'.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, Notification, Operation, ProcessRecorder,
    RecorderError, Selection, StoredEvent, StreamSelection, Tracking, TrackingRecorder, Wakeup,
};

use crate::{
    database::Database,
    reading::{LogReading, MaxPositionReading, StreamReading, TrackingReading},
    save::{Save, Table},
};

/// Stores the events of one application in a table of its own.
#[derive(Debug)]
pub(crate) struct SqliteRecorder {
    database: Arc<Database>,
}

impl SqliteRecorder {
    pub(crate) const fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    async fn save(&self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<Vec<u64>, RecorderError> {
        self.database
            .save(Save {
                table: Table::Events,
                events,
                tracking,
            })
            .await
    }
}

impl AggregateRecorder for SqliteRecorder {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.save(events, None))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let reading = StreamReading::new(Arc::clone(&self.database.tables), Table::Events, selection);
        Box::pin(self.database.read(Operation::SelectEvents, reading))
    }
}

impl ApplicationRecorder for SqliteRecorder {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        let reading = LogReading::new(Arc::clone(&self.database.tables), selection);
        Box::pin(self.database.read(Operation::SelectNotifications, reading))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        let reading = MaxPositionReading::new(Arc::clone(&self.database.tables));
        Box::pin(self.database.read(Operation::MaxPosition, reading))
    }

    fn wakeup(&self) -> Wakeup {
        self.database.wakers.events.listen()
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default().with_contiguous_positions();
        if self.database.is_durable {
            capabilities.with_durability()
        } else {
            capabilities
        }
    }
}

impl TrackingRecorder for SqliteRecorder {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async { self.save(Vec::new(), Some(tracking)).await.map(drop) })
    }

    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        let reading = TrackingReading::new(Arc::clone(&self.database.tables), upstream);
        Box::pin(self.database.read(Operation::LastTracking, reading))
    }

    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(
            self.database
                .wakers
                .tracking
                .listen()
                .wait_for_tracking(self, upstream, position),
        )
    }
}

impl ProcessRecorder for SqliteRecorder {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.save(events, Some(tracking)))
    }
}
