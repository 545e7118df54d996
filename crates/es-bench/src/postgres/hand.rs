//! What a program without the library would write.

use es_persistence::StoredEvent;
use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgPoolOptions, PgRow},
};

/// A table without any care: positions come as they come, and readers can miss some.
pub(super) const TABLE: &str = "CREATE TABLE es_bench.plain (position bigserial PRIMARY KEY, originator_id uuid NOT NULL, \
     originator_version bigint NOT NULL, topic text NOT NULL, state bytea NOT NULL, \
     UNIQUE (originator_id, originator_version))";

/// How a row is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A commit each, in no order.
    Unordered,
    /// With the table locked in a transaction, as the Python library does.
    Locked,
}

impl Way {
    pub(super) const ALL: [Self; 2] = [Self::Unordered, Self::Locked];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unordered => "sqlx, an insert and a commit each, unordered",
            Self::Locked => "sqlx, the table locked in a transaction each",
        }
    }

    pub(super) async fn insert(self, connection: &mut PgConnection, event: &StoredEvent) -> Result<(), sqlx::Error> {
        if self == Self::Unordered {
            return insert(connection, event).await;
        }
        let mut transaction = connection.begin().await?;
        transaction
            .execute("LOCK TABLE es_bench.plain IN EXCLUSIVE MODE")
            .await?;
        insert(&mut transaction, event).await?;
        transaction.commit().await
    }
}

pub(super) async fn pool(url: &str, connections: u32) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .test_before_acquire(false);
    pool.connect(url).await
}

async fn insert(connection: &mut PgConnection, event: &StoredEvent) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO es_bench.plain (originator_id, originator_version, topic, state) VALUES ($1, $2, $3, $4) \
               RETURNING position";
    let query = sqlx::query(sql)
        .bind(event.originator_id.as_uuid())
        .bind(i64::try_from(event.originator_version).unwrap_or(i64::MAX))
        .bind(&*event.topic)
        .bind(event.state.as_slice());
    query.fetch_one(connection).await.map(drop)
}

pub(super) async fn read_stream(
    connection: &mut PgConnection,
    event: &StoredEvent,
) -> Result<Vec<(i64, String, Vec<u8>)>, sqlx::Error> {
    let sql = "SELECT originator_version, topic, state FROM es_bench.plain WHERE originator_id = $1 \
               ORDER BY originator_version";
    sqlx::query_as(sql)
        .bind(event.originator_id.as_uuid())
        .fetch_all(connection)
        .await
}

pub(super) async fn read_page(
    connection: &mut PgConnection,
    after: i64,
    len: usize,
) -> Result<Vec<PgRow>, sqlx::Error> {
    let sql = "SELECT position, originator_id, originator_version, topic, state FROM es_bench.plain \
               WHERE position > $1 ORDER BY position LIMIT $2";
    sqlx::query(sql)
        .bind(after)
        .bind(i64::try_from(len).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await
}
