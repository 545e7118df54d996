//! A file with events.

use std::{path::PathBuf, sync::Arc};

use es_persistence::{ApplicationRecorder, Datastore, DatastoreError, Environment, OriginatorId, StoredEvent};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) datastore: Arc<dyn Datastore>,
    pub(crate) recorder: Arc<dyn ApplicationRecorder>,
}

pub(crate) fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("events.sqlite")
}

pub(crate) fn environment(folder: &TempDir) -> Environment {
    Environment::new("Bank").with("SQLITE_DBNAME", path(folder).to_str().unwrap())
}

pub(crate) async fn try_open(folder: TempDir) -> Result<Store, DatastoreError> {
    let datastore = es_sqlite::factory().open(&environment(&folder)).await?;
    let recorder = datastore.application_recorder().await?;
    Ok(Store {
        folder,
        datastore,
        recorder,
    })
}

pub(crate) async fn open() -> Store {
    try_open(TempDir::new().unwrap()).await.unwrap()
}

/// Closes the store, and gives its folder back.
pub(crate) async fn close(store: Store) -> TempDir {
    store.datastore.close().await;
    store.folder
}

/// What a program says that opens the file with its own hands.
pub(crate) fn execute(folder: &TempDir, sql: &str) -> Result<usize, rusqlite::Error> {
    rusqlite::Connection::open(path(folder)).unwrap().execute(sql, [])
}

pub(crate) fn event(aggregate: u128, version: u64) -> StoredEvent {
    StoredEvent {
        originator_id: OriginatorId::Uuid(Uuid::from_u128(aggregate)),
        originator_version: version,
        topic: "Account.Deposited".into(),
        state: format!(r#"{{"amount":{version}}}"#).into_bytes(),
    }
}

/// The first `len` events of an aggregate.
pub(crate) fn events(aggregate: u128, len: u64) -> Vec<StoredEvent> {
    (1..=len).map(|version| event(aggregate, version)).collect()
}
