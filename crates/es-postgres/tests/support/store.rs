//! A store in a schema of its own, for one test.

use std::{error::Error, sync::Arc};

use es_persistence::{
    Datastore, DatastoreError, Environment, Notification, OriginatorId, ProcessRecorder, Selection, SnapshotRecorder,
    StoredEvent, StoredSnapshot, Timestamp,
};
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgRow};
use tokio::runtime;
use uuid::Uuid;

use crate::server::{Server, fresh_schema};

/// An open store.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) server: Server,
    pub(crate) schema: String,
    pub(crate) datastore: Arc<dyn Datastore>,
    pub(crate) recorder: Arc<dyn ProcessRecorder>,
}

/// The application of the stores of these tests.
pub(crate) const APPLICATION: &str = "Dogs";

/// Runs a test with a schema of its own, or says that there is no server.
pub(crate) fn with_schema<F: Future<Output = ()>>(test: impl FnOnce(Server, String) -> F) {
    let Some(server) = Server::of_this_run() else {
        crate::report(format_args!("ignored: set ES_POSTGRES_URL"));
        return;
    };
    let schema = fresh_schema();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(server.clone(), schema.clone()));
    runtime.block_on(server.drop_schema(&schema));
}

/// Runs a test with an open store.
pub(crate) fn with_store<F: Future<Output = Store>>(test: impl FnOnce(Store) -> F) {
    with_schema(|server, schema| async {
        let environment = server.environment(APPLICATION, &schema);
        let store = test(Store::open(server, schema, environment).await).await;
        store.datastore.close().await;
    });
}

impl Store {
    pub(crate) async fn open(server: Server, schema: String, environment: Environment) -> Self {
        let datastore = open(&environment).await.unwrap();
        let recorder = datastore.process_recorder().await.unwrap();
        Self {
            server,
            schema,
            datastore,
            recorder,
        }
    }

    /// Another store with the same tables, as in another process.
    pub(crate) async fn another(&self) -> Self {
        let environment = self.server.environment(APPLICATION, &self.schema);
        Self::open(self.server.clone(), self.schema.clone(), environment).await
    }

    pub(crate) async fn snapshots(&self) -> Arc<dyn SnapshotRecorder> {
        self.datastore.snapshot_recorder().await.unwrap()
    }

    /// The whole log.
    pub(crate) async fn log(&self) -> Vec<Notification> {
        let page = self.recorder.select_notifications(Selection::all()).await;
        page.unwrap().notifications
    }
}

/// Opens a store.
pub(crate) async fn open(environment: &Environment) -> Result<Arc<dyn Datastore>, DatastoreError> {
    es_postgres::factory().open(environment).await
}

/// An event with an ID of its own.
pub(crate) fn event(id: &OriginatorId, version: u64) -> StoredEvent {
    let state = format!(r#"{{"trick":"{:032x}"}}"#, fastrand::u128(..)).into_bytes();
    StoredEvent::new(id.clone(), version, "dogs.Dog.Registered", state).with_stamp(fresh_uuid(), time())
}

/// A snapshot of an aggregate.
pub(crate) fn snapshot(id: &OriginatorId, version: u64) -> StoredSnapshot {
    StoredSnapshot::new(id.clone(), version, "dogs.Dog", b"{}".to_vec()).with_timestamp(time())
}

/// The time of all events.
pub(crate) fn time() -> Timestamp {
    "2026-01-02T03:04:05.000006Z".parse().unwrap()
}

pub(crate) fn fresh_uuid() -> Uuid {
    Uuid::from_u128(fastrand::u128(1..))
}

/// Events of versions from 1 on.
pub(crate) fn events(id: &OriginatorId, count: u64) -> Vec<StoredEvent> {
    (1..=count).map(|version| event(id, version)).collect()
}

/// A fresh aggregate.
pub(crate) fn id() -> OriginatorId {
    OriginatorId::Uuid(fresh_uuid())
}

/// An error with all its causes.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| Error::source(*error));
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The rows of a query of the test's own.
pub(crate) async fn rows(connection: &mut PgConnection, sql: &str) -> Vec<PgRow> {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap()
}
