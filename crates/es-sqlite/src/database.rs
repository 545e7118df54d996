//! An open file: one connection that writes, some that read, and who is told of what is stored.

use std::sync::Arc;

use es_persistence::{
    Operation, RecorderError, RecorderErrorKind, check_events, check_tracking,
    group_commit::{GroupCommit, WriterGone},
    sql::SqlName,
};

use crate::{
    STORE,
    config::{Config, Location},
    connection::{cannot_open, open_writer},
    gate::Gate,
    readers::{Readers, Reading},
    save::Save,
    schema::Tables,
    watcher::Watcher,
    writer::{Wakers, Writer},
};

/// The file of one application, open.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) tables: Arc<Tables>,
    pub(crate) wakers: Wakers,
    pub(crate) is_durable: bool,
    readers: Arc<Readers>,
    writer: GroupCommit<Writer>,
    watcher: Watcher,
}

impl Database {
    /// Opens the file, and makes the tables when that is wanted.
    pub(crate) async fn open(config: Config, application: &SqlName) -> Result<Self, RecorderError> {
        let tables = Arc::new(Tables::new(application));
        let mut connection = open_writer(&config).await?;
        let usable = if config.create_table {
            tables.create(application, &mut connection).await
        } else {
            tables.check(application, &mut connection).await
        };
        usable.map_err(|failure| cannot_open(&config, failure))?;
        let wakers = Wakers::default();
        let is_durable = !matches!(config.location, Location::Memory(_));
        let gate = Gate::of(&config.location);
        let readers = Readers::new(config.clone(), gate.clone());
        let watcher = Watcher::start(config.clone(), wakers.clone());
        let writer = Writer::new(config, Arc::clone(&tables), connection, gate, wakers.clone());
        Ok(Self {
            tables,
            wakers,
            is_durable,
            readers,
            writer: GroupCommit::new([writer]),
            watcher,
        })
    }

    /// Waits for the saves that have begun, and closes the file.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.watcher.stop().await;
        self.readers.close();
    }

    /// Stores `save`, and returns the positions of its events.
    pub(crate) async fn save(&self, save: Save) -> Result<Vec<u64>, RecorderError> {
        if save.events.is_empty() && save.tracking.is_none() {
            return Ok(Vec::new());
        }
        check_events(STORE, &save.events)?;
        save.tracking.iter().try_for_each(|tracking| check_tracking(STORE, tracking))?;
        self.writer
            .save(save)
            .await
            .unwrap_or_else(|gone| Err(writer_gone(gone)))
    }

    /// Reads all of `reading`.
    pub(crate) async fn read<R: Reading>(&self, operation: Operation, reading: R) -> Result<R::Output, RecorderError> {
        self.readers.read(operation, reading).await
    }
}

fn writer_gone(gone: WriterGone) -> RecorderError {
    let (kind, cause) = match gone {
        WriterGone::BeforeWriting => (RecorderErrorKind::NotStored, "the store is closed"),
        WriterGone::WhileWriting => (RecorderErrorKind::OutcomeUnknown, "the writer has gone away"),
    };
    RecorderError::new(STORE, Operation::InsertEvents, kind).with_source(cause)
}
