//! What a program without the library would write.

use std::{path::Path, time::Duration};

use es_persistence::StoredEvent;
use sqlx::{
    ConnectOptions as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use crate::AnyError;

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_mins(1))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
}

pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    options(path).connect().await
}

pub(super) async fn pool(path: &Path, connections: u32) -> Result<SqlitePool, sqlx::Error> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false);
    pool.connect_with(options(path)).await
}

const INSERT: &str = "INSERT INTO bench_events \
    (originator_id, originator_version, topic, event_id, timestamp, schema_version, state) VALUES ";
const ROW: &str = "(?, ?, ?, ?, ?, ?, ?)";

type Insert<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind<'q>(query: Insert<'q>, event: &StoredEvent) -> Insert<'q> {
    let id = event.originator_id.as_uuid().map(|id| id.as_bytes().to_vec());
    query
        .bind(id)
        .bind(i64::try_from(event.originator_version).unwrap_or(i64::MAX))
        .bind(&*event.topic)
        .bind(event.event_id.as_bytes().as_slice())
        .bind(event.timestamp.as_micros())
        .bind(event.schema_version)
        .bind(event.state.as_slice())
}

/// One row, one commit.
pub(super) async fn insert(executor: impl sqlx::SqliteExecutor<'_>, event: &StoredEvent) -> Result<(), sqlx::Error> {
    let sql = INSERT.to_owned() + ROW;
    bind(sqlx::query(sqlx::AssertSqlSafe(sql)), event)
        .execute(executor)
        .await
        .map(drop)
}

pub(super) async fn read_stream(
    connection: &mut SqliteConnection,
    id: &[u8],
) -> Result<Vec<(i64, String, Vec<u8>)>, sqlx::Error> {
    let sql = "SELECT originator_version, topic, state FROM bench_events WHERE originator_id = ? \
               ORDER BY originator_version";
    sqlx::query_as(sql).bind(id).fetch_all(connection).await
}

/// A task that writes what has come together in one statement, without conflicts or any other care.
pub(super) struct Merging(mpsc::Sender<(StoredEvent, oneshot::Sender<()>)>);

impl Merging {
    pub(super) fn start(mut connection: SqliteConnection) -> Self {
        let (sender, mut queue) = mpsc::channel::<(StoredEvent, oneshot::Sender<()>)>(1024);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while queue.recv_many(&mut batch, 256).await > 0 {
                let written = write(&mut connection, &batch).await;
                assert!(written.is_ok(), "the benchmark's own writer fails: {written:?}");
                for (_, reply) in batch.drain(..) {
                    let _unheard = reply.send(());
                }
            }
        });
        Self(sender)
    }

    pub(super) async fn insert(&self, event: StoredEvent) -> Result<(), AnyError> {
        let (reply, answer) = oneshot::channel();
        self.0.send((event, reply)).await?;
        Ok(answer.await?)
    }
}

async fn write(
    connection: &mut SqliteConnection,
    batch: &[(StoredEvent, oneshot::Sender<()>)],
) -> Result<(), sqlx::Error> {
    let sql = INSERT.to_owned() + &vec![ROW; batch.len()].join(", ");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql));
    let query = batch.iter().fold(query, |query, (event, _)| bind(query, event));
    query.execute(connection).await.map(drop)
}
