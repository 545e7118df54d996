//! An open database: connections, who writes by them, and who is told of what is stored.

use std::sync::Arc;

use es_persistence::{
    Operation, RecorderError, RecorderErrorKind, check_events,
    group_commit::{GroupCommit, WriterGone},
    sql::SqlName,
};
use tokio::{runtime::Handle, time::timeout};

use crate::{
    STORE,
    config::Config,
    connection::cannot_open,
    connections::{Connections, Lease},
    detached::detached,
    error::Failure,
    reading::{Reading, Settled, SettledReading},
    save::Save,
    schema::{Found, Tables},
    watcher::{Wakers, Watcher},
    writer::Writer,
};

/// How many groups of saves may be on their way to the server at once.
const WRITERS: usize = 4;

/// The tables of one application, open.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) tables: Arc<Tables>,
    pub(crate) wakers: Wakers,
    pub(crate) is_durable: bool,
    config: Config,
    connections: Arc<Connections>,
    settled: Arc<Settled>,
    writer: GroupCommit<Writer>,
    watcher: Watcher,
    runtime: Handle,
}

impl Database {
    /// Connects to the server, and makes the tables when that is wanted.
    pub(crate) async fn open(config: Config, application: &SqlName) -> Result<Self, RecorderError> {
        let tables = Tables::new(&config.schema, application).map_err(|error| {
            RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error)
        })?;
        let tables = Arc::new(tables);
        let connections = Connections::new(config.clone());
        let prepared = prepare(&config, &tables, &connections).await;
        let Found { oid, is_durable, .. } = prepared.map_err(|failure| cannot_open(&config, failure))?;
        let wakers = Wakers::new();
        let watcher = Watcher::start(&config, oid, wakers.clone());
        let writer = || {
            Writer::new(
                config.clone(),
                Arc::clone(&tables),
                Arc::clone(&connections),
                wakers.clone(),
            )
        };
        let n: usize = std::env::var("ES_W").ok().and_then(|w| w.parse().ok()).unwrap_or(WRITERS); let writers = (0..n.min(connections.max_len())).map(|_| writer());
        let writer = GroupCommit::new(writers);
        Ok(Self {
            tables,
            wakers,
            is_durable,
            config,
            connections,
            settled: Arc::default(),
            writer,
            watcher,
            runtime: Handle::current(),
        })
    }

    /// Waits for the saves that have begun, and closes the connections.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.watcher.stop().await;
        self.connections.close().await;
    }

    /// Stores `save`, and returns the positions of its events.
    pub(crate) async fn save(self: &Arc<Self>, save: Save) -> Result<Vec<u64>, RecorderError> {
        if save.events.is_empty() && save.tracking.is_none() {
            return Ok(Vec::new());
        }
        check(&save)?;
        let database = Arc::clone(self);
        let saved = detached(&self.runtime, async move { database.writer.save(save).await }).await;
        let saved = saved.unwrap_or(Err(WriterGone::WhileWriting));
        saved.unwrap_or_else(|gone| Err(writer_gone(gone)))
    }

    /// The question for the last position.
    pub(crate) fn settled(&self) -> SettledReading {
        SettledReading {
            tables: Arc::clone(&self.tables),
            settled: Arc::clone(&self.settled),
        }
    }

    /// Reads all of `reading`.
    pub(crate) async fn read<R: Reading>(
        self: &Arc<Self>,
        operation: Operation,
        reading: R,
    ) -> Result<R::Output, RecorderError> {
        let database = Arc::clone(self);
        let read = detached(&self.runtime, async move { database.try_to_read(&reading).await }).await;
        let read = read.unwrap_or_else(|ended| Err(Failure::unreached(ended)));
        read.map_err(|failure| failure.into_error(operation))
    }

    async fn try_to_read<R: Reading>(&self, reading: &R) -> Result<R::Output, Failure> {
        let lease = self.connections.lease().await?;
        let is_used = lease.is_used();
        match self.read_by(lease, reading).await {
            // It may have died while nobody used it.
            Err(failure) if failure.is_lost() && is_used => {
                self.connections.forget_idle();
                self.read_by(self.connections.lease_new().await?, reading).await
            }
            outcome => outcome,
        }
    }

    async fn read_by<R: Reading>(&self, mut lease: Lease, reading: &R) -> Result<R::Output, Failure> {
        let read = timeout(self.config.answer_timeout, reading.read(&mut lease)).await?;
        if read.is_ok() {
            lease.give_back();
        }
        read
    }
}

async fn prepare(config: &Config, tables: &Tables, connections: &Arc<Connections>) -> Result<Found, Failure> {
    let mut lease = connections.lease().await?;
    let found = timeout(
        config.answer_timeout,
        tables.prepare(&mut lease.driver, config.create_table),
    )
    .await??;
    lease.give_back();
    Ok(found)
}

/// Refuses what the server could not keep.
fn check(save: &Save) -> Result<(), RecorderError> {
    check_events(STORE, &save.events)?;
    let Some(tracking) = &save.tracking else { return Ok(()) };
    if i64::try_from(tracking.position).is_ok() && !tracking.upstream.contains('\0') {
        return Ok(());
    }
    let cause = "an upstream is a text without NUL, and a position is at most i64::MAX";
    Err(RecorderError::new(STORE, Operation::InsertTracking, RecorderErrorKind::Invalid).with_source(cause))
}

fn writer_gone(gone: WriterGone) -> RecorderError {
    let (kind, cause) = match gone {
        WriterGone::BeforeWriting => (RecorderErrorKind::NotStored, "the store is closed"),
        WriterGone::WhileWriting => (RecorderErrorKind::OutcomeUnknown, "the writer has gone away"),
    };
    RecorderError::new(STORE, Operation::InsertEvents, kind).with_source(cause)
}
