//! How fast it is, beside the same by hand in the same run: `cargo test --release -p es-postgres -- --ignored rates`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{OriginatorId, Selection, StreamSelection};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgPoolOptions};

use crate::{
    report,
    store::{APPLICATION, Store, event, events, id, with_schema},
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);

/// A way of saving one event.
#[derive(Clone)]
enum Way {
    /// The store.
    Store(Arc<Store>),
    /// An insert in autocommit, without any order.
    Insert(PgPool, Arc<str>),
    /// The table locked in a transaction, as the reference does.
    Locked(PgPool, Arc<str>),
}

impl Way {
    async fn save(&self) {
        let id = id();
        match self {
            Self::Store(store) => drop(store.recorder.insert_events(vec![event(&id, 1)]).await.unwrap()),
            Self::Insert(pool, sql) => insert(pool, sql, &id).await,
            Self::Locked(pool, sql) => {
                let mut transaction = pool.begin().await.unwrap();
                let lock = sql
                    .replace("INSERT INTO", "LOCK TABLE")
                    .split(' ')
                    .take(3)
                    .collect::<Vec<_>>()
                    .join(" ");
                transaction
                    .execute(AssertSqlSafe(format!("{lock} IN EXCLUSIVE MODE")))
                    .await
                    .unwrap();
                insert(&mut *transaction, sql, &id).await;
                transaction.commit().await.unwrap();
            }
        }
    }
}

async fn insert(executor: impl sqlx::PgExecutor<'_>, sql: &Arc<str>, id: &OriginatorId) {
    let OriginatorId::Uuid(uuid) = id else { panic!("{id}") };
    let event = event(id, 1);
    let query = sqlx::query(AssertSqlSafe(Arc::clone(sql))).bind(uuid).bind(1_i64);
    query
        .bind(&*event.topic)
        .bind(&event.state)
        .fetch_one(executor)
        .await
        .unwrap();
}

/// Saves a second by each of `ways`, so many callers each.
async fn rate(ways: &[Way], callers: usize) -> f64 {
    let begun = Instant::now();
    let tasks = ways
        .iter()
        .flat_map(|way| (0..callers).map(move |_| way.clone()))
        .map(|way| {
            tokio::spawn(async move {
                let mut saves = 0_u32;
                while begun.elapsed() < ROUND {
                    way.save().await;
                    saves += 1;
                }
                saves
            })
        });
    let saves: u32 = join_all(tasks.collect::<Vec<_>>())
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum();
    f64::from(saves) / begun.elapsed().as_secs_f64()
}

async fn compare(what: &str, ways: [Vec<Way>; 3], callers: usize) {
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (ways, rates) in ways.iter().zip(&mut rates) {
            rates.push(rate(ways, callers).await);
        }
    }
    let [store, insert, locked] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    });
    report(format_args!(
        "{what}: store {store:.0}, insert {insert:.0}, table lock {locked:.0} saves a second; store / insert {:.2}",
        store / insert
    ));
}

#[test]
#[ignore = "it measures, and takes its time"]
fn saving() {
    with_schema(|server, schema| async move {
        let environment = server.environment(APPLICATION, &schema);
        let table = format!("{schema}.plain");
        let store = || Store::open(server.clone(), schema.clone(), environment.clone());
        let first = Arc::new(store().await);
        server
            .execute(&format!(
                "CREATE TABLE {table} (position bigserial PRIMARY KEY, originator_id uuid NOT NULL, \
                 originator_version bigint NOT NULL, topic text NOT NULL, state bytea NOT NULL, \
                 UNIQUE (originator_id, originator_version))"
            ))
            .await;
        let sql: Arc<str> = format!(
            "INSERT INTO {table} (originator_id, originator_version, topic, state) VALUES ($1, $2, $3, $4) \
             RETURNING position"
        )
        .into();
        let pool = |size| {
            let options = PgPoolOptions::new().max_connections(size).test_before_acquire(false);
            options
                .connect_lazy(&std::env::var("ES_POSTGRES_URL").unwrap())
                .unwrap()
        };
        let all = pool(32);
        let one = [
            vec![Way::Store(Arc::clone(&first))],
            vec![Way::Insert(all.clone(), Arc::clone(&sql))],
            vec![Way::Locked(all.clone(), Arc::clone(&sql))],
        ];
        compare("1 writer", one.clone(), 1).await;
        compare("8 writers", one.clone(), 8).await;
        compare("32 writers", one, 32).await;
        let stores = join_all((0..8).map(|_| store())).await.into_iter().map(Arc::new);
        let pools: Vec<_> = (0..8).map(|_| pool(4)).collect();
        let many = [
            stores.map(Way::Store).collect(),
            pools
                .iter()
                .map(|pool| Way::Insert(pool.clone(), Arc::clone(&sql)))
                .collect(),
            pools
                .iter()
                .map(|pool| Way::Locked(pool.clone(), Arc::clone(&sql)))
                .collect(),
        ];
        compare("8 x 4 writers", many, 4).await;
    });
}

#[test]
#[ignore = "it measures, and takes its time"]
fn reading() {
    with_schema(|server, schema| async move {
        let environment = server.environment(APPLICATION, &schema);
        let store = Store::open(server, schema, environment).await;
        let ids: Vec<_> = (0..20_000).map(|_| id()).collect();
        for ids in ids.chunks(100) {
            store
                .recorder
                .insert_events(ids.iter().flat_map(|id| events(id, 10)).collect())
                .await
                .unwrap();
        }
        let begun = Instant::now();
        for id in &ids[..3000] {
            assert_eq!(
                store
                    .recorder
                    .select_events(StreamSelection::of(id.clone()))
                    .await
                    .unwrap()
                    .len(),
                10
            );
        }
        report(format_args!(
            "streams of 10: {:.0} a second",
            3000.0 / begun.elapsed().as_secs_f64()
        ));
        for page in [500, 5000] {
            let (begun, mut last, mut read) = (Instant::now(), 0, 0.0);
            loop {
                let selection = Selection::after(last).limit(page);
                let page = store.recorder.select_notifications(selection).await.unwrap();
                let Some(notification) = page.last() else { break };
                last = notification.position;
                read += f64::from(u32::try_from(page.len()).unwrap());
            }
            let rate = read / begun.elapsed().as_secs_f64();
            report(format_args!("pages of {page}: {rate:.0} of {read} events a second"));
        }
        store.datastore.close().await;
    });
}
