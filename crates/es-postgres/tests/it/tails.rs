//! Readers at the end of the log while transactions are committed late, out of order, or not at all.
//!
//! The controls show that the checks see what they are there for: with one of the rules broken, events are missed.

use std::{
    collections::BTreeSet,
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use es_persistence::{OriginatorId, Selection};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::{
    server::Server,
    store::{APPLICATION, Store, event, fresh_uuid, id, with_schema},
};

/// Appends events of a fresh aggregate in a transaction of the caller's own, and returns the first position.
pub(crate) async fn append(
    connection: &mut PgConnection,
    schema: &str,
    name: &str,
    id: &OriginatorId,
    count: usize,
) -> sqlx::Result<i64> {
    let OriginatorId::Uuid(uuid) = id else {
        panic!("{id} is no UUID")
    };
    let sql = format!(
        "SELECT first FROM {schema}.{name}_append_v1($1, ARRAY[''], ARRAY[0], $2, $3, ARRAY[''], $4, ARRAY['topic'], $5, \
         ARRAY[now()], ARRAY[1::smallint], $6, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', gen_random_uuid())"
    );
    let versions: Vec<_> = (1_i64..).take(count).collect();
    let event_ids: Vec<_> = std::iter::repeat_with(fresh_uuid).take(count).collect();
    let query = sqlx::query(AssertSqlSafe(sql)).bind(vec![*uuid]);
    let query = query.bind((0_i32..).take(count).collect::<Vec<_>>());
    let query = query.bind(vec![*uuid; count]).bind(versions).bind(event_ids);
    let query = query.bind(vec![b"state".as_slice(); count]);
    query.fetch_one(connection).await?.try_get(0)
}

/// For how long the writers write.
fn duration() -> Duration {
    let soak = env::var("ES_POSTGRES_SOAK")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(soak.unwrap_or(4))
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// In transactions that stay open for a while.
    writers: usize,
    /// Through the store.
    savers: usize,
    /// The longest rest of a writer between two transactions, in microseconds.
    rest: u64,
}

const HEAVY: Load = Load {
    writers: 16,
    savers: 4,
    rest: 2000,
};

/// Now and then nobody writes.
const LIGHT: Load = Load {
    writers: 3,
    savers: 0,
    rest: 20_000,
};

/// Writes in transactions that stay open for a while, and returns what was committed.
async fn write(server: Server, schema: String, load: Load, until: Instant) -> Vec<i64> {
    let mut connection = server.connect().await;
    let mut committed = Vec::new();
    while Instant::now() < until {
        let count = fastrand::usize(1..=3);
        let mut transaction = connection.begin().await.unwrap();
        let first = append(&mut transaction, &schema, "dogs", &id(), count).await.unwrap();
        let pause = if fastrand::u8(..) == 0 {
            300_000
        } else {
            fastrand::u64(0..8000)
        };
        tokio::time::sleep(Duration::from_micros(pause)).await;
        if fastrand::u8(..100) < 15 {
            transaction.rollback().await.unwrap();
        } else {
            transaction.commit().await.unwrap();
            committed.extend((first..).take(count));
        }
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..load.rest))).await;
    }
    committed
}

/// Saves through the store meanwhile.
async fn save(store: Arc<Store>, until: Instant) -> Vec<i64> {
    let mut committed = Vec::new();
    while Instant::now() < until {
        let id = id();
        let saved = store
            .recorder
            .insert_events(vec![event(&id, 1), event(&id, 2)])
            .await
            .unwrap();
        assert_eq!(saved[0] + 1, saved[1]);
        committed.extend(saved.into_iter().map(|position| i64::try_from(position).unwrap()));
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..4))).await;
    }
    committed
}

/// How positions after one are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Store,
    /// The bound in the same statement as the reading.
    OneStatement,
}

impl Reader {
    async fn read(self, store: &Store, connection: &mut PgConnection, last: i64) -> Vec<i64> {
        if self == Self::OneStatement {
            let sql = format!(
                "SELECT position FROM {0}.dogs_events WHERE position > $1 \
                 AND position <= (SELECT settled FROM {0}.dogs_settled_v1()) ORDER BY position",
                store.schema
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(last)
                .fetch_all(connection)
                .await
                .unwrap();
            return rows.iter().map(|row| row.get(0)).collect();
        }
        let page = Selection::after(last.unsigned_abs()).limit(fastrand::usize(1..2000));
        let page = store.recorder.select_notifications(page).await.unwrap();
        page.notifications
            .iter()
            .map(|notification| i64::try_from(notification.position).unwrap())
            .collect()
    }
}

/// Reads until the writers are done and there is nothing more.
async fn tail(reader: Reader, store: Arc<Store>, is_over: Arc<AtomicBool>) -> Vec<i64> {
    let mut connection = store.server.connect().await;
    let mut seen = Vec::new();
    loop {
        let is_last = is_over.load(SeqCst);
        let page = reader
            .read(&store, &mut connection, seen.last().copied().unwrap_or(0))
            .await;
        assert!(
            page.is_sorted()
                && seen
                    .last()
                    .is_none_or(|last| page.first().is_none_or(|first| last < first))
        );
        if page.is_empty() && is_last {
            return seen;
        }
        seen.extend(page);
    }
}

/// How many events were committed, and how many of them each reader has missed.
async fn missed(reader: Reader, load: Load, store: Store) -> (usize, Vec<usize>) {
    let store = Arc::new(store);
    let until = Instant::now() + duration();
    let is_over = Arc::new(AtomicBool::new(false));
    let tails = (0..3).map(|_| tokio::spawn(tail(reader, Arc::clone(&store), Arc::clone(&is_over))));
    let tails: Vec<_> = tails.collect();
    let writers =
        (0..load.writers).map(|_| tokio::spawn(write(store.server.clone(), store.schema.clone(), load, until)));
    let savers = (0..load.savers).map(|_| tokio::spawn(save(Arc::clone(&store), until)));
    let written = join_all(writers.chain(savers).collect::<Vec<_>>()).await;
    let committed: BTreeSet<_> = written.into_iter().flat_map(Result::unwrap).collect();
    is_over.store(true, SeqCst);
    let mut missed = Vec::new();
    for tail in tails {
        let seen: BTreeSet<_> = tail.await.unwrap().into_iter().collect();
        assert_eq!(
            seen.difference(&committed).count(),
            0,
            "what was rolled back cannot be seen"
        );
        missed.push(committed.difference(&seen).count());
    }
    store.datastore.close().await;
    crate::report(format_args!(
        "{reader:?}: {} events committed, missed {missed:?}",
        committed.len()
    ));
    (committed.len(), missed)
}

/// Runs the writers and readers on tables whose definition was changed.
fn missed_with(reader: Reader, load: Load, change: impl FnOnce(String) -> String) -> usize {
    let mut most = 0;
    with_schema(|server, schema| async {
        server
            .execute(&change(es_postgres::schema::ddl(&schema, APPLICATION).unwrap()))
            .await;
        let environment = server.environment(APPLICATION, &schema);
        let (committed, missed) = missed(reader, load, Store::open(server, schema, environment).await).await;
        assert!(committed > 100, "{committed}");
        most = missed.into_iter().max().unwrap();
    });
    most
}

/// With a rule broken, some events are missed soon.
fn control(reader: Reader, load: Load, change: impl Fn(String) -> String) {
    let is_missing = |_| missed_with(reader, load, &change) > 0;
    assert!(
        Server::of_this_run().is_none() || (0..5).any(is_missing),
        "nothing was missed"
    );
}

#[test]
fn readers_miss_nothing() {
    assert_eq!(missed_with(Reader::Store, HEAVY, |ddl| ddl), 0);
}

#[test]
fn control_without_the_marker_events_are_missed() {
    let without_marker = |ddl: String| {
        let lines = ddl
            .lines()
            .filter(|line| !line.contains("pg_advisory_xact_lock_shared"));
        lines.collect::<Vec<_>>().join("\n")
    };
    control(Reader::Store, HEAVY, without_marker);
}

#[test]
fn control_with_the_bound_in_the_statement_that_reads_events_are_missed() {
    control(Reader::OneStatement, HEAVY, |ddl| ddl);
}

#[test]
fn control_with_the_last_position_read_after_the_markers_events_are_missed() {
    let markers_first = |ddl: String| {
        let (before, after) = ddl
            .split_once("settled := last + least(coalesce(behind, 0), 0);")
            .unwrap();
        let name = before.split("CREATE SEQUENCE IF NOT EXISTS ").nth(1).unwrap();
        let name = name.split(' ').next().unwrap();
        let again = format!(
            "settled := CASE WHEN behind < 0 THEN last + behind \
             ELSE coalesce(pg_sequence_last_value('{name}'::regclass), 0) END;"
        );
        format!("{before}PERFORM pg_sleep(0.03); {again}{after}")
    };
    control(Reader::Store, LIGHT, markers_first);
}
