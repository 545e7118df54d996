//! A file with events.

use std::{path::PathBuf, sync::Arc};

use es_persistence::{
    ApplicationRecorder, Datastore, DatastoreError, Environment, Notification, OriginatorId, Selection, StoredEvent,
    Timestamp,
};
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

/// Executes a statement as another program does that opens the file.
pub(crate) fn execute(folder: &TempDir, sql: &str) -> Result<usize, rusqlite::Error> {
    rusqlite::Connection::open(path(folder)).unwrap().execute(sql, [])
}

pub(crate) fn event(aggregate: u128, version: u64) -> StoredEvent {
    let state = format!(r#"{{"amount":{version}}}"#).into_bytes();
    let id = OriginatorId::Uuid(Uuid::from_u128(aggregate));
    let event_id = Uuid::from_u128((aggregate << 64) | u128::from(version));
    StoredEvent::new(id, version, "Account.Deposited", state).with_stamp(event_id, time())
}

/// When all events of these tests were triggered.
pub(crate) fn time() -> Timestamp {
    "2026-01-02T03:04:05.000006Z".parse().unwrap()
}

/// The event with another event ID: another event in the same place.
pub(crate) fn rival(event: StoredEvent) -> StoredEvent {
    let event_id = Uuid::from_u128(event.event_id.as_u128() | 1 << 127);
    event.with_stamp(event_id, time())
}

/// All of the log.
pub(crate) async fn log(store: &Store) -> Vec<Notification> {
    let page = store.recorder.select_notifications(Selection::all()).await.unwrap();
    page.notifications
}

/// The first `len` events of an aggregate.
pub(crate) fn events(aggregate: u128, len: u64) -> Vec<StoredEvent> {
    (1..=len).map(|version| event(aggregate, version)).collect()
}
