//! An open database: connections, who writes and reads by them, and who is told of what is stored.

use std::{sync::Arc, time::Duration};

use es_persistence::{
    Capabilities, Environment, EnvironmentError, EventQuery, FoundEvents, LogPage, Operation, OriginatorId,
    RecorderError, RecorderErrorKind, Selection, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection,
    Tracking, TrackingKey, Wakeup,
};
use es_sql::{
    Database, Save, SqlName,
    group_commit::{GroupCommit, Waits},
};
use tokio::{runtime::Handle, sync::OnceCell, time::timeout};

use crate::{
    STORE,
    config::Config,
    connection::{self, Backend, TRANSACTION_MODE, cannot_open},
    connections::Connections,
    error::Failure,
    readers::{LOADERS, Loader, Readers},
    reading::{
        EventsReading, LogReading, PositionsReading, Settled, SettledReading, SnapshotStreamReading, SnapshotsReading,
        TaggedReading, TrackingReading,
    },
    schema::{Found, Tables},
    watcher::{Wakers, Watcher},
    writer::{SnapshotWriter, Writer},
};

/// How many groups of saves may be on their way to the server at once.
const WRITERS: usize = 4;

/// The tables of one application in a database.
#[derive(Debug)]
pub(crate) struct PostgresDatabase {
    tables: Arc<Tables>,
    wakers: Wakers,
    is_durable: bool,
    config: Config,
    tags: OnceCell<()>,
    connections: Arc<Connections>,
    is_shared: bool,
    settled: Arc<Settled>,
    readers: Readers,
    loads: GroupCommit<Loader>,
    writer: GroupCommit<Writer>,
    snapshot_writer: GroupCommit<SnapshotWriter>,
    watcher: Watcher,
}

impl PostgresDatabase {
    /// The question for the last position.
    fn settled(&self) -> SettledReading {
        SettledReading {
            tables: Arc::clone(&self.tables),
            settled: Arc::clone(&self.settled),
        }
    }

    async fn make_tags(&self) -> Result<(), Failure> {
        let mut lease = self.connections.lease().await?;
        let prepared = self.tables.prepare_tags(&mut lease.driver, self.config.create_table);
        timeout(self.config.answer_timeout, prepared).await??;
        lease.give_back();
        Ok(())
    }
}

impl Database for PostgresDatabase {
    const MODULE: &'static str = "postgres";
    const STORE: &'static str = STORE;

    type Config = Config;

    fn configure(environment: &Environment) -> Result<Config, EnvironmentError> {
        Config::from_environment(environment, None)
    }

    async fn open(config: Config, application: &SqlName) -> Result<Self, RecorderError> {
        let tables = Tables::new(&config.schema, application).map_err(|error| {
            RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error)
        })?;
        let tables = Arc::new(tables);
        let runtime = Handle::try_current().map_err(|error| cannot_open(&config, Failure::unreached(error)))?;
        let connections = match &config.shared {
            Some(pool) => Arc::clone(&pool.0),
            None => Connections::new(config.clone()),
        };
        let prepared = prepare(&config, &tables, &connections).await;
        let Found { oid, is_durable, .. } = prepared.map_err(|failure| cannot_open(&config, failure))?;
        let wakers = Wakers::new();
        let settled = Arc::default();
        let writer = Writer::new(&config, &tables, &connections, &wakers).telling(&settled);
        let snapshot_writer = SnapshotWriter(writer.clone());
        let writers = vec![writer; WRITERS.min(connections.max_len())];
        let readers = Readers::new(Arc::clone(&connections), runtime.clone());
        let loaders = [(); LOADERS].map(|()| Loader::new(readers.clone(), Arc::clone(&tables)));
        let loading = Waits {
            before_joining: Duration::ZERO,
            ..Waits::up_to(config.answer_timeout)
        };
        Ok(Self {
            is_durable,
            readers,
            loads: GroupCommit::new(runtime.clone(), loaders, loading),
            is_shared: config.shared.is_some(),
            tags: OnceCell::new(),
            watcher: Watcher::start(&config, oid, wakers.clone(), &settled),
            writer: GroupCommit::new(runtime.clone(), writers, Waits::up_to(config.answer_timeout)),
            snapshot_writer: GroupCommit::new(runtime, [snapshot_writer], Waits::up_to(config.answer_timeout)),
            settled,
            connections,
            tables,
            wakers,
            config,
        })
    }

    async fn close(&self) {
        self.loads.close().await;
        self.readers.close().await;
        self.writer.close().await;
        self.snapshot_writer.close().await;
        self.watcher.stop().await;
        if !self.is_shared {
            self.connections.close().await;
        }
        // Those who wait learn that there is nothing more to come.
        self.wakers.wake();
    }

    /// Snapshots go by a writer of their own: no event waits for them.
    async fn save(self: &Arc<Self>, save: Save) -> Result<Vec<u64>, RecorderError> {
        let operation = save.operation();
        let saved = if save.events.is_empty() && save.tracking.is_none() {
            self.snapshot_writer.save(save).await
        } else {
            self.writer.save(save).await
        };
        saved.unwrap_or_else(|refusal| Err(refusal.into_error(STORE, operation)))
    }

    async fn find_positions(self: &Arc<Self>, events: Arc<[StoredEvent]>) -> Result<Option<Vec<u64>>, RecorderError> {
        let tables = Arc::clone(&self.tables);
        let reading = PositionsReading { tables, events };
        let found = self.readers.read(Operation::SelectEvents, reading).await?;
        if let Some(last) = found.iter().flatten().max() {
            self.settled.stored(*last);
        }
        Ok(found)
    }

    async fn read_stream(self: &Arc<Self>, selection: StreamSelection) -> Result<Vec<StoredEvent>, RecorderError> {
        let tables = Arc::clone(&self.tables);
        let reading = EventsReading { tables, selection };
        if reading.selection.is_descending() {
            return self.readers.read(Operation::SelectEvents, reading).await;
        }
        let loaded = self.loads.save(reading).await;
        loaded.unwrap_or_else(|refusal| Err(refusal.into_error(STORE, Operation::SelectEvents)))
    }

    async fn read_snapshots(
        self: &Arc<Self>,
        selection: StreamSelection,
    ) -> Result<Vec<StoredSnapshot>, RecorderError> {
        let tables = Arc::clone(&self.tables);
        let reading = SnapshotsReading { tables, selection };
        self.readers.read(Operation::SelectSnapshots, reading).await
    }

    async fn read_snapshot_stream(
        self: &Arc<Self>,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> Result<SnapshotStream, RecorderError> {
        let reading = SnapshotStreamReading {
            tables: Arc::clone(&self.tables),
            originator_id,
            up_to,
            limit,
        };
        self.readers.read(Operation::SelectSnapshots, reading).await
    }

    async fn prepare_tags(self: &Arc<Self>) -> Result<(), RecorderError> {
        let prepared = self.tags.get_or_try_init(|| self.make_tags()).await;
        prepared.copied().map_err(|failure| cannot_open(&self.config, failure))
    }

    async fn read_tagged(self: &Arc<Self>, query: EventQuery) -> Result<FoundEvents, RecorderError> {
        let reading = TaggedReading {
            bound: self.settled(),
            query,
        };
        self.readers.read(Operation::SelectTagged, reading).await
    }

    async fn read_log(self: &Arc<Self>, selection: Selection) -> Result<LogPage, RecorderError> {
        let reading = LogReading {
            bound: self.settled(),
            selection,
        };
        self.readers.read(Operation::SelectNotifications, reading).await
    }

    async fn max_position(self: &Arc<Self>) -> Result<Option<u64>, RecorderError> {
        let last = self.readers.read(Operation::MaxPosition, self.settled()).await?;
        Ok(last.event)
    }

    async fn last_tracking(self: &Arc<Self>, key: TrackingKey) -> Result<Option<Tracking>, RecorderError> {
        let tables = Arc::clone(&self.tables);
        let reading = TrackingReading { tables, key };
        self.readers.read(Operation::LastTracking, reading).await
    }

    fn event_wakeup(&self) -> Wakeup {
        self.wakers.events()
    }

    fn tracking_wakeup(&self) -> Wakeup {
        self.wakers.tracking()
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default();
        if self.is_durable {
            capabilities.with_durability()
        } else {
            capabilities
        }
    }
}

async fn prepare(config: &Config, tables: &Tables, connections: &Arc<Connections>) -> Result<Found, Failure> {
    let mut lease = connections.lease().await?;
    refuse_transaction_mode(config, lease.backend).await?;
    let prepared = tables.prepare(&mut lease.driver, config.create_table);
    let found = timeout(config.answer_timeout, prepared).await??;
    lease.give_back();
    Ok(found)
}

/// How long a second connection may take: a pooler in session mode may have none to give.
const SECOND_LIMIT: Duration = Duration::from_secs(2);

/// Opens a second connection: two that are open at once are served by two processes, unless a pooler in transaction mode gives
/// both of them the one that is free.
async fn refuse_transaction_mode(config: &Config, first: Backend) -> Result<(), Failure> {
    match timeout(SECOND_LIMIT, connection::open(config)).await {
        Ok(Ok(second)) if second.backend == first => Err(Failure::unfit(TRANSACTION_MODE)),
        _ => Ok(()),
    }
}
