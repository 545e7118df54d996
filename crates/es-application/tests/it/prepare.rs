//! Events in the user's own transaction.

use std::sync::Arc;

use es_application::prelude::*;
use es_persistence::StoredEvent;
use sqlx::ConnectOptions as _;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::{
    bank::{Account, Name},
    counter::Counter,
    server::{Server, fresh_schema},
    stores,
};

/// A connection of the user's own, and the log that its transactions can store events in.
enum Own {
    Sqlite(es_sqlite::TransactionalEvents, SqliteConnection),
    Postgres(es_postgres::TransactionalEvents, PgConnection),
}

impl Own {
    /// Stores the rows in a transaction, which is committed or rolled back.
    async fn store(&mut self, rows: Vec<StoredEvent>, is_committed: bool) -> Vec<u64> {
        match self {
            Self::Sqlite(log, connection) => {
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                let positions = log.insert_in(&mut transaction, rows).await.unwrap();
                let ended = if is_committed {
                    transaction.commit().await
                } else {
                    transaction.rollback().await
                };
                ended.unwrap();
                positions
            }
            Self::Postgres(log, connection) => {
                let mut transaction = connection.begin().await.unwrap();
                let positions = log.insert_in(&mut transaction, rows).await.unwrap();
                let ended = if is_committed {
                    transaction.commit().await
                } else {
                    transaction.rollback().await
                };
                ended.unwrap();
                positions
            }
        }
    }
}

/// An application with a cache and snapshots on each store that has transactions.
async fn all() -> Vec<(Application, Own, Cleanup)> {
    let settings = |environment: Environment| {
        environment
            .with("AGGREGATE_CACHE_MAXSIZE", "10")
            .with("IS_SNAPSHOTTING_ENABLED", "y")
    };
    let folder = tempfile::tempdir().unwrap();
    let environment = settings(stores::sqlite(&folder));
    let app = stores::open(environment.clone()).await;
    let log = es_sqlite::TransactionalEvents::of(&environment).unwrap();
    let connection = log.connect_options().connect().await.unwrap();
    let mut all = vec![(app, Own::Sqlite(log, connection), Cleanup::Folder(Arc::new(folder)))];
    if let Some(server) = Server::of_this_run() {
        let schema = fresh_schema();
        let environment = settings(server.environment("Bank", &schema));
        let app = stores::open(environment.clone()).await;
        let log = es_postgres::TransactionalEvents::of(&environment).unwrap();
        let connection = server.connect().await;
        all.push((app, Own::Postgres(log, connection), Cleanup::Schema(server, schema)));
    }
    all
}

/// What is removed after a test.
enum Cleanup {
    Folder(#[expect(dead_code, reason = "it is removed when it is dropped")] Arc<tempfile::TempDir>),
    Schema(Server, String),
}

impl Cleanup {
    async fn run(self) {
        if let Self::Schema(server, schema) = self {
            server.drop_schema(&schema).await;
        }
    }
}

#[tokio::test]
async fn an_aborted_transaction_leaves_the_aggregate_as_it_was_and_a_committed_one_takes_its_events() {
    for (app, mut own, cleanup) in all().await {
        let mut counter = Counter::start();
        app.save(&mut counter).await.unwrap();
        counter.count();
        let before = counter.clone();
        let prepared = app.prepare(&mut counter).unwrap();
        own.store(prepared.events(), false).await;
        drop(prepared);
        assert_eq!((&counter, counter.head()), (&before, before.head()));
        assert_eq!(counter.pending_events().len(), 1);
        assert_eq!(app.repository().get(counter.id()).await.unwrap().count, 0);

        let prepared = app.prepare(&mut counter).unwrap();
        let positions = own.store(prepared.events(), true).await;
        let recordings = prepared.stored(positions.clone());
        assert_eq!(recordings.iter().map(Recorded::position).collect::<Vec<_>>(), positions);
        assert!(counter.pending_events().is_empty());
        // The chain goes on from the head that was stored, and the cache has no older copy.
        assert_ne!(counter.head(), before.head());
        assert_eq!(app.repository().get(counter.id()).await.unwrap(), counter);
        counter.count();
        app.save(&mut counter).await.unwrap();
        assert_eq!(app.take_snapshot(counter.id()).await.unwrap(), 3);
        assert_eq!(app.repository().get(counter.id()).await.unwrap().count, 2);
        app.close().await;
        cleanup.run().await;
    }
}

#[tokio::test]
async fn who_forgets_to_say_that_it_was_stored_has_a_conflict_next_time() {
    for (app, mut own, cleanup) in all().await {
        let mut account = Account::open("Ann");
        app.save(&mut account).await.unwrap();
        account.deposit(1);
        let prepared = app.prepare(&mut account).unwrap();
        own.store(prepared.events(), true).await;
        drop(prepared);
        account.deposit(2);
        let error = app.save(&mut account).await.unwrap_err();
        assert!(error.conflict().is_some(), "{error}");
        assert_eq!(app.repository().get(account.id()).await.unwrap().balance(), 1);
        app.close().await;
        cleanup.run().await;
    }
}

#[tokio::test]
async fn several_aggregates_are_prepared_together_with_the_metadata_of_the_application() {
    for (app, mut own, cleanup) in all().await {
        let app = app.with_metadata(Metadata::new().with("user", "ann"));
        let (mut account, mut name) = (Account::open("Ann"), Name::take("Ann"));
        let prepared = app.prepare((&mut account, &mut name)).unwrap();
        let positions = own.store(prepared.events(), true).await;
        let recordings = prepared.stored(positions);
        assert_eq!(recordings.len(), 2);
        for recorded in &recordings {
            assert_eq!(recorded.read_metadata().unwrap().get("user"), Some("ann"));
        }
        assert_eq!(app.repository().get(Name::id_for("Ann")).await.unwrap(), name);
        app.close().await;
        cleanup.run().await;
    }
}

#[tokio::test]
#[should_panic(expected = "there is one position for each event")]
async fn positions_of_other_events_are_refused() {
    let app = stores::open(Environment::new("Bank")).await;
    let mut account = Account::open("Ann");
    drop(app.prepare(&mut account).unwrap().stored(vec![1, 2]));
}
