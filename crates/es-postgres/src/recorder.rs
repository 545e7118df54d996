//! The recorder of one application's events and of how far it has processed others'.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, Notification, Operation, ProcessRecorder,
    RecorderError, Selection, StoredEvent, StreamSelection, Tracking, TrackingRecorder, Wakeup,
};

use crate::{
    database::Database,
    reading::{LogReading, StreamReading, TrackingReading},
    save::{Save, Table},
};

/// Stores the events of one application in a table of its own. Positions may have holes: a save that fails late takes its
/// numbers along.
#[derive(Debug)]
pub(crate) struct PostgresRecorder {
    database: Arc<Database>,
}

impl PostgresRecorder {
    pub(crate) const fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    async fn save(&self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<Vec<u64>, RecorderError> {
        self.database.save(Save::new(Table::Events, events, tracking)).await
    }
}

impl AggregateRecorder for PostgresRecorder {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.save(events, None))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let reading = StreamReading {
            tables: Arc::clone(&self.database.tables),
            table: Table::Events,
            selection,
        };
        Box::pin(self.database.read(Operation::SelectEvents, reading))
    }
}

impl ApplicationRecorder for PostgresRecorder {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        let reading = LogReading {
            bound: self.database.settled(),
            selection,
        };
        Box::pin(self.database.read(Operation::SelectNotifications, reading))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async {
            let last = self
                .database
                .read(Operation::MaxPosition, self.database.settled())
                .await?;
            Ok(last.event)
        })
    }

    fn wakeup(&self) -> Wakeup {
        self.database.wakers.events()
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default();
        if self.database.is_durable {
            capabilities.with_durability()
        } else {
            capabilities
        }
    }
}

impl TrackingRecorder for PostgresRecorder {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async { self.save(Vec::new(), Some(tracking)).await.map(drop) })
    }

    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        let reading = TrackingReading {
            tables: Arc::clone(&self.database.tables),
            upstream,
        };
        Box::pin(self.database.read(Operation::LastTracking, reading))
    }

    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(
            self.database
                .wakers
                .tracking()
                .wait_for_tracking(self, upstream, position),
        )
    }
}

impl ProcessRecorder for PostgresRecorder {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.save(events, Some(tracking)))
    }
}
