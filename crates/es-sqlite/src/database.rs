//! An open file: one connection that writes, some that read, and who is told of what is stored.

use std::sync::Arc;

use es_persistence::{
    Capabilities, Environment, EnvironmentError, EventQuery, FoundEvents, LogPage, Operation, OriginatorId,
    RecorderError, Selection, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection, Tracking, TrackingKey,
    Wakeup,
};
use es_sql::{
    Database, Save, SqlName,
    group_commit::{GroupCommit, Waits},
};
use sqlx::Connection as _;
use tokio::{runtime::Handle, sync::OnceCell};

use crate::{
    STORE,
    config::{Config, Location},
    connection::{Place, cannot_open, open_writer},
    error::Failure,
    gate::Gate,
    readers::Readers,
    reading::{
        FindReading, LogReading, MaxPositionReading, SnapshotStreamReading, StreamReading, TaggedReading,
        TrackingReading,
    },
    schema::Tables,
    watcher::Watcher,
    writer::{Wakers, Writer},
};

/// The tables of one application in a file.
#[derive(Debug)]
pub(crate) struct SqliteDatabase {
    tables: Arc<Tables>,
    wakers: Wakers,
    is_durable: bool,
    config: Config,
    /// Whether tables that are missing are made.
    creates: bool,
    tags: OnceCell<()>,
    gate: Gate,
    readers: Arc<Readers>,
    writer: GroupCommit<Writer>,
    watcher: Watcher,
}

impl SqliteDatabase {
    /// Makes the table of tags by a connection of its own.
    async fn make_tags(&self) -> Result<(), RecorderError> {
        let gate = self.gate.write().await;
        let mut connection = open_writer(&self.config).await?;
        let prepared = self.tables.prepare_tags(&mut connection, self.creates).await;
        // Whatever fails here, the table is there or not.
        let _closed = connection.close().await;
        drop(gate);
        prepared.map_err(|failure| cannot_open(&self.config, failure))
    }
}

impl Database for SqliteDatabase {
    const MODULE: &'static str = "sqlite";
    const STORE: &'static str = STORE;

    type Config = Config;

    fn configure(environment: &Environment) -> Result<Config, EnvironmentError> {
        Config::from_environment(environment)
    }

    async fn open(config: Config, application: &SqlName) -> Result<Self, RecorderError> {
        let tables = Arc::new(Tables::new(application));
        let mut connection = open_writer(&config).await?;
        let usable = if config.create_table {
            tables.create(application, &mut connection).await
        } else {
            tables.check(application, &mut connection).await
        };
        usable.map_err(|failure| cannot_open(&config, failure))?;
        let place = Place::of(&config, &mut connection).await;
        let creates = config.create_table;
        let config = Config {
            place: place.map_err(|failure| cannot_open(&config, failure))?,
            // It is there now. One that is removed meanwhile is not made anew.
            create_table: false,
            ..config
        };
        let (wakers, gate) = (Wakers::default(), Gate::of(&config.location));
        let runtime = Handle::try_current().map_err(|error| cannot_open(&config, Failure::new(error)))?;
        let waits = Waits::up_to(config.lock_timeout);
        let writer = Writer::new(
            config.clone(),
            Arc::clone(&tables),
            connection,
            gate.clone(),
            wakers.clone(),
        )
        .map_err(|failure| cannot_open(&config, failure))?;
        Ok(Self {
            is_durable: !matches!(config.location, Location::Memory(_)),
            readers: Readers::new(config.clone(), gate.clone(), runtime.clone()),
            watcher: Watcher::start(&runtime, config.clone(), wakers.clone()),
            config,
            creates,
            tags: OnceCell::new(),
            gate,
            writer: GroupCommit::new(runtime, [writer], waits),
            tables,
            wakers,
        })
    }

    async fn close(&self) {
        self.readers.close().await;
        self.watcher.stop().await;
        // The last connection that closes moves the write-ahead log into the file; one that reads cannot.
        self.writer.close().await;
        // Those who wait learn that there is nothing more to come.
        self.wakers.events.wake();
        self.wakers.tracking.wake();
    }

    async fn save(self: &Arc<Self>, save: Save) -> Result<Vec<u64>, RecorderError> {
        let operation = save.operation();
        let saved = self.writer.save(save).await;
        saved.unwrap_or_else(|refusal| Err(refusal.into_error(STORE, operation)))
    }

    async fn find_positions(self: &Arc<Self>, events: Arc<[StoredEvent]>) -> Result<Option<Vec<u64>>, RecorderError> {
        let reading = FindReading::new(Arc::clone(&self.tables), events);
        self.readers.read(Operation::InsertEvents, reading).await
    }

    async fn read_stream(self: &Arc<Self>, selection: StreamSelection) -> Result<Vec<StoredEvent>, RecorderError> {
        let reading = StreamReading::new(Arc::clone(&self.tables), selection);
        self.readers.read(Operation::SelectEvents, reading).await
    }

    async fn read_snapshots(
        self: &Arc<Self>,
        selection: StreamSelection,
    ) -> Result<Vec<StoredSnapshot>, RecorderError> {
        let reading = StreamReading::new(Arc::clone(&self.tables), selection);
        self.readers.read(Operation::SelectSnapshots, reading).await
    }

    async fn read_snapshot_stream(
        self: &Arc<Self>,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> Result<SnapshotStream, RecorderError> {
        let reading = SnapshotStreamReading::new(Arc::clone(&self.tables), originator_id, up_to, limit);
        self.readers.read(Operation::SelectEvents, reading).await
    }

    async fn prepare_tags(self: &Arc<Self>) -> Result<(), RecorderError> {
        self.tags.get_or_try_init(|| self.make_tags()).await.copied()
    }

    async fn read_tagged(self: &Arc<Self>, query: EventQuery) -> Result<FoundEvents, RecorderError> {
        let reading = TaggedReading::new(Arc::clone(&self.tables), query);
        self.readers.read(Operation::SelectTagged, reading).await
    }

    async fn read_log(self: &Arc<Self>, selection: Selection) -> Result<LogPage, RecorderError> {
        let reading = LogReading::new(Arc::clone(&self.tables), selection);
        self.readers.read(Operation::SelectNotifications, reading).await
    }

    async fn max_position(self: &Arc<Self>) -> Result<Option<u64>, RecorderError> {
        let reading = MaxPositionReading::new(Arc::clone(&self.tables));
        self.readers.read(Operation::MaxPosition, reading).await
    }

    async fn last_tracking(self: &Arc<Self>, key: TrackingKey) -> Result<Option<Tracking>, RecorderError> {
        let reading = TrackingReading::new(Arc::clone(&self.tables), key);
        self.readers.read(Operation::LastTracking, reading).await
    }

    fn event_wakeup(&self) -> Wakeup {
        self.wakers.events.listen()
    }

    fn tracking_wakeup(&self) -> Wakeup {
        self.wakers.tracking.listen()
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default().with_contiguous_positions();
        if self.is_durable {
            capabilities.with_durability()
        } else {
            capabilities
        }
    }
}
