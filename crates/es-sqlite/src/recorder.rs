//! The recorder of one application's events.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Notification, Operation, RecorderError, RecorderErrorKind,
    Selection, StoredEvent, StreamSelection, check_events,
    group_commit::{GroupCommit, WriterGone},
    sql::SqlName,
};

use crate::{
    STORE,
    config::Config,
    connection::{cannot_open, open_writer},
    readers::Readers,
    reading::{LogReading, MaxPositionReading, StreamReading},
    schema::EventsTable,
    writer::Writer,
};

/// Stores the events of one application in a table of its own.
#[derive(Debug)]
pub(crate) struct SqliteRecorder {
    table: Arc<EventsTable>,
    readers: Arc<Readers>,
    writer: GroupCommit<RecorderError>,
}

impl SqliteRecorder {
    /// Opens the file and makes the tables when that is wanted.
    pub(crate) async fn open(config: Config, application: &SqlName) -> Result<Self, RecorderError> {
        let table = Arc::new(EventsTable::new(application));
        let mut connection = open_writer(&config).await?;
        if config.create_table {
            table.create(&mut connection).await.map_err(|failure| cannot_open(&config, failure))?;
        }
        let readers = Readers::new(config.clone());
        let writer = GroupCommit::start(Writer::new(config, Arc::clone(&table), connection));
        Ok(Self { table, readers, writer })
    }

    /// Waits for the saves that have begun, and closes the file.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
    }

    async fn insert(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        check_events(STORE, &events)?;
        self.writer.save(events).await.unwrap_or_else(|gone| Err(writer_gone(gone)))
    }
}

fn writer_gone(gone: WriterGone) -> RecorderError {
    let (kind, cause) = match gone {
        WriterGone::BeforeWriting => (RecorderErrorKind::NotStored, "the store is closed"),
        WriterGone::WhileWriting => (RecorderErrorKind::OutcomeUnknown, "the writer has gone away"),
    };
    RecorderError::new(STORE, Operation::InsertEvents, kind).with_source(cause)
}

impl AggregateRecorder for SqliteRecorder {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.insert(events))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let reading = StreamReading::new(Arc::clone(&self.table), selection);
        Box::pin(self.readers.read(Operation::SelectEvents, reading))
    }
}

impl ApplicationRecorder for SqliteRecorder {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        let reading = LogReading::new(Arc::clone(&self.table), selection);
        Box::pin(self.readers.read(Operation::SelectNotifications, reading))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        let reading = MaxPositionReading::new(Arc::clone(&self.table));
        Box::pin(self.readers.read(Operation::MaxPosition, reading))
    }
}
