//! Events in transactions of the user's own.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use es_persistence::{Conflict, Environment, RecorderError, RecorderErrorKind, Selection, StoredEvent, Subscription};
use es_sqlite::TransactionalEvents;
use futures_util::{StreamExt as _, future::join_all};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, Transaction};
use sqlx::{Sqlite, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::store::{Store, close, environment, event, events, execute, log, open, path, time, try_open};

const BEGIN: &str = "BEGIN IMMEDIATE";

/// A store beside a table of the user's own, and a connection to both.
struct Shared {
    store: Store,
    table: TransactionalEvents,
    connection: SqliteConnection,
}

async fn shared() -> Shared {
    let store = open().await;
    let table = TransactionalEvents::of(&environment(&store.folder)).unwrap();
    let mut connection = table.connect_options().connect().await.unwrap();
    connection.execute("CREATE TABLE own (n INTEGER)").await.unwrap();
    Shared {
        store,
        table,
        connection,
    }
}

/// A change of the user's own.
async fn change(transaction: &mut Transaction<'_, Sqlite>) {
    transaction.execute("INSERT INTO own VALUES (1)").await.unwrap();
}

async fn count(connection: &mut SqliteConnection, table: &'static str) -> i64 {
    let query = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}

/// What the error says, from the outside to the cause.
fn said(error: &RecorderError) -> Vec<String> {
    let causes = std::iter::successors(error.cause(), |cause| (*cause).source());
    let mut said: Vec<_> = causes.map(ToString::to_string).collect();
    let outside = error.to_string();
    let outside = outside.strip_suffix(&format!(": {}", said[0])).unwrap();
    said.insert(0, outside.to_owned());
    said
}

#[tokio::test]
async fn events_are_stored_with_the_users_own_changes_or_not_at_all() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    for is_committed in [false, true] {
        let mut transaction = connection.begin_with(BEGIN).await.unwrap();
        change(&mut transaction).await;
        let stored = table.insert_in(&mut transaction, events(1, 2)).await.unwrap();
        // What was rolled back leaves no hole.
        assert_eq!(stored, [1, 2]);
        assert_eq!(store.recorder.max_position().await.unwrap(), None);
        if is_committed {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    assert_eq!(count(&mut connection, "own").await, 1);
    assert_eq!(
        store.recorder.insert_events(vec![event(1, 3)]).await.unwrap(),
        [3],
        "the application goes on behind it"
    );
}

#[tokio::test]
async fn a_conflict_leaves_the_transaction_usable() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    store.recorder.insert_events(events(1, 2)).await.unwrap();
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    change(&mut transaction).await;
    let refused = |version, last_version| {
        RecorderErrorKind::Conflict(Conflict {
            originator_id: event(1, 1).originator_id,
            version,
            last_version,
        })
    };
    let error = table
        .insert_in(&mut transaction, vec![event(2, 1), event(1, 2)])
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), refused(2, 2));
    let hole = table.insert_in(&mut transaction, vec![event(1, 5)]).await.unwrap_err();
    assert_eq!(*hole.kind(), refused(5, 2));
    assert_eq!(table.insert_in(&mut transaction, vec![event(1, 3)]).await.unwrap(), [3]);
    assert_eq!(table.insert_in(&mut transaction, events(2, 2)).await.unwrap(), [4, 5]);
    transaction.commit().await.unwrap();
    assert_eq!(count(&mut connection, "own").await, 1);
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(5));
}

#[tokio::test]
async fn of_a_large_save_that_conflicts_at_its_end_nothing_is_left() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let mut many = events(1, 2500);
    many.push(event(1, 2500));
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    let error = table.insert_in(&mut transaction, many.clone()).await.unwrap_err();
    assert_eq!(error.conflict().unwrap().last_version, 2500);
    many.pop();
    change(&mut transaction).await;
    let positions = table.insert_in(&mut transaction, many).await.unwrap();
    assert_eq!(positions, (1..=2500).collect::<Vec<_>>());
    transaction.commit().await.unwrap();
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(2500));
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_and_the_transaction_goes_on() {
    let Shared {
        table, mut connection, ..
    } = shared().await;
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    let error = table
        .insert_in(&mut transaction, vec![event(1, 1), event(1, 0)])
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Invalid);
    assert_eq!(table.insert_in(&mut transaction, Vec::new()).await.unwrap(), [0; 0]);
    assert_eq!(table.insert_in(&mut transaction, events(1, 1)).await.unwrap(), [1]);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn without_a_transaction_nothing_is_stored() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let error = table.insert_in(&mut connection, events(1, 1)).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Invalid);
    assert_eq!(
        said(&error),
        [
            "SQLite could not store events: the request is invalid",
            "no transaction is open on the connection: begin one with BEGIN IMMEDIATE"
        ]
    );
    // One that the driver believes in, and SQLite has ended.
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    transaction.execute("ROLLBACK").await.unwrap();
    let error = table.insert_in(&mut transaction, events(1, 1)).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Invalid);
    drop(transaction);
    assert_eq!(store.recorder.max_position().await.unwrap(), None);
}

#[tokio::test]
async fn transactions_that_the_driver_does_not_know_of_will_do() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    for (aggregate, [begin, end]) in [(1, [BEGIN, "COMMIT"]), (2, ["SAVEPOINT own", "RELEASE own"])] {
        connection.execute(begin).await.unwrap();
        table.insert_in(&mut connection, events(aggregate, 1)).await.unwrap();
        connection.execute(end).await.unwrap();
    }
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_transaction_that_read_before_others_stored_is_told_to_begin_again() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let mut transaction = connection.begin().await.unwrap();
    assert_eq!(count(&mut transaction, "own").await, 0);
    store.recorder.insert_events(events(1, 1)).await.unwrap();
    let error = table.insert_in(&mut transaction, vec![event(1, 2)]).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::NotStored);
    assert!(error.is_retryable());
    let advice = "others have stored since the transaction read: roll it back, and begin it with BEGIN IMMEDIATE";
    assert_eq!(said(&error)[1], advice);
    transaction.rollback().await.unwrap();

    // One that has not read becomes the writer at its first write.
    let mut transaction = connection.begin().await.unwrap();
    assert_eq!(table.insert_in(&mut transaction, vec![event(1, 2)]).await.unwrap(), [2]);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_file_without_tables_or_with_those_of_another_form_is_refused() {
    let folder = TempDir::new().unwrap();
    let missing = "there are no tables of bank; let CREATE_TABLE be yes once, or make them beforehand";
    let newer = "the tables of bank have form 2, and this library knows none after 1: use a newer one";
    execute(&folder, "CREATE TABLE own (n INTEGER)").unwrap();
    assert_eq!(refused(&folder).await, "(code: 1) no such table: bank_events");
    let folder = close(try_open(folder).await.unwrap()).await;
    execute(&folder, "UPDATE es_schema SET form = 2").unwrap();
    assert_eq!(refused(&folder).await, newer);
    execute(&folder, "DELETE FROM es_schema").unwrap();
    assert_eq!(refused(&folder).await, missing);
    assert_eq!(
        execute(&folder, "CREATE TABLE all_is_as_it_was AS SELECT 1").unwrap(),
        0
    );
}

/// Why the file refuses events of a transaction that is then committed, without them.
async fn refused(folder: &TempDir) -> String {
    let table = TransactionalEvents::of(&environment(folder)).unwrap();
    let mut connection = table.connect_options().connect().await.unwrap();
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    change_if_possible(&mut transaction).await;
    let error = table.insert_in(&mut transaction, events(1, 1)).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    transaction.commit().await.unwrap();
    let rows = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM bank_events");
    assert_eq!(rows.fetch_one(&mut connection).await.unwrap_or(0), 0);
    said(&error).swap_remove(1)
}

async fn change_if_possible(transaction: &mut Transaction<'_, Sqlite>) {
    transaction
        .execute("CREATE TABLE IF NOT EXISTS own (n INTEGER)")
        .await
        .unwrap();
    change(transaction).await;
}

#[tokio::test]
async fn a_file_that_is_attached_to_another_is_refused() {
    let Shared { store, table, .. } = shared().await;
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let attach = format!("ATTACH '{}' AS events", path(&store.folder).display());
    connection.execute(AssertSqlSafe(attach)).await.unwrap();
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    let error = table.insert_in(&mut transaction, events(1, 1)).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    transaction.commit().await.unwrap();
    assert_eq!(store.recorder.max_position().await.unwrap(), None);
}

#[tokio::test]
async fn a_connection_that_only_reads_is_refused() {
    let Shared { store, table, .. } = shared().await;
    let options = SqliteConnectOptions::new().filename(path(&store.folder));
    for options in [options.clone().read_only(true), options.pragma("query_only", "ON")] {
        let mut connection = options.connect().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let error = table.insert_in(&mut transaction, events(1, 1)).await.unwrap_err();
        assert_eq!(*error.kind(), RecorderErrorKind::ReadOnly);
        transaction.commit().await.unwrap();
    }
    assert_eq!(store.recorder.max_position().await.unwrap(), None);
}

#[test]
fn a_database_in_memory_is_refused() {
    let environment = Environment::new("Bank").with("SQLITE_DBNAME", ":memory:");
    let error = TransactionalEvents::of(&environment).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SQLite could not be opened: the request is invalid: a database in memory has no connections but the store's own: use a \
         file"
    );
}

#[tokio::test]
async fn a_connection_with_other_settings_stores_the_same() {
    let Shared { store, table, .. } = shared().await;
    let options = SqliteConnectOptions::new()
        .filename(path(&store.folder))
        .statement_cache_capacity(0)
        .foreign_keys(false)
        .pragma("recursive_triggers", "OFF")
        .pragma("synchronous", "OFF");
    let mut connection = options.connect().await.unwrap();
    for version in 1..=3 {
        let mut transaction = connection.begin_with(BEGIN).await.unwrap();
        let stored = table
            .insert_in(&mut transaction, vec![event(1, version)])
            .await
            .unwrap();
        assert_eq!(stored, [version]);
        transaction.commit().await.unwrap();
    }
    let replace = "REPLACE INTO bank_events \
        SELECT 9, originator_id, 2, topic, event_id, 0, 1, x'00', NULL, NULL FROM bank_events LIMIT 1";
    connection.execute(replace).await.unwrap_err();
}

#[tokio::test]
async fn of_a_save_for_which_there_is_no_room_nothing_is_left() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    connection.execute("PRAGMA max_page_count = 60").await.unwrap();
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    change(&mut transaction).await;
    let error = table.insert_in(&mut transaction, large(3000)).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::NotStored);
    // Whether SQLite has ended the transaction or not: of the events nothing may come to be stored.
    drop(transaction.commit().await);
    assert_eq!(store.recorder.max_position().await.unwrap(), None);
    assert_eq!(
        store.recorder.insert_events(events(1, 1)).await.unwrap(),
        [1],
        "the lock is gone"
    );
}

fn large(len: u64) -> Vec<StoredEvent> {
    let large = |event: StoredEvent| {
        StoredEvent::new(
            event.originator_id,
            event.originator_version,
            event.topic,
            vec![7; 1000],
        )
        .with_stamp(event.event_id, time())
    };
    events(1, len).into_iter().map(large).collect()
}

#[tokio::test]
async fn after_a_drop_the_transaction_is_rolled_back_and_the_connection_goes_on() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    for polls in 0..8 {
        let mut transaction = connection.begin_with(BEGIN).await.unwrap();
        {
            let mut insert = Box::pin(table.insert_in(&mut transaction, events(1, 2500)));
            for _ in 0..polls {
                drop(poll_fn(|context| Poll::Ready(insert.as_mut().poll(context))).await);
                tokio::task::yield_now().await;
            }
        }
        transaction.rollback().await.unwrap();
        assert_eq!(store.recorder.max_position().await.unwrap(), None);
    }
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    assert_eq!(table.insert_in(&mut transaction, events(1, 1)).await.unwrap(), [1]);
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_by_the_application_waits_for_the_transaction_and_the_other_way_round() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let mut transaction = connection.begin_with(BEGIN).await.unwrap();
    table.insert_in(&mut transaction, events(1, 1)).await.unwrap();
    let recorder = Arc::clone(&store.recorder);
    let mut save = tokio::spawn(async move { recorder.insert_events(events(2, 1)).await });
    let early = tokio::time::timeout(Duration::from_millis(200), &mut save).await;
    assert!(early.is_err(), "{early:?}");
    transaction.commit().await.unwrap();
    assert_eq!(save.await.unwrap().unwrap(), [2]);

    let mut other = rusqlite::Connection::open(path(&store.folder)).unwrap();
    let writing = other
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .unwrap();
    let own = tokio::spawn(async move {
        let mut transaction = connection.begin_with(BEGIN).await.unwrap();
        let stored = table.insert_in(&mut transaction, events(3, 1)).await.unwrap();
        transaction.commit().await.unwrap();
        stored
    });
    writing.rollback().unwrap();
    assert_eq!(own.await.unwrap(), [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_at_once_beside_the_application_store_everything_without_a_hole() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let table = Arc::new(table);
    let transactions = (0..10).map(|number| {
        let (table, recorder) = (Arc::clone(&table), Arc::clone(&store.recorder));
        tokio::spawn(async move {
            let options = table.connect_options().busy_timeout(Duration::from_mins(1));
            let mut connection = options.connect().await.unwrap();
            for version in 1..=5 {
                let mut transaction = connection.begin_with(BEGIN).await.unwrap();
                change(&mut transaction).await;
                let event = vec![event(number, version)];
                table.insert_in(&mut transaction, event).await.unwrap();
                transaction.commit().await.unwrap();
            }
            // The lock of a file is nobody's turn: the application asks for it for five seconds.
            recorder.insert_events(events(100 + number, 3)).await
        })
    });
    for saved in join_all(transactions).await {
        assert_eq!(saved.unwrap().unwrap().len(), 3);
    }
    let log = log(&store).await;
    let positions: Vec<_> = log.iter().map(|notification| notification.position).collect();
    assert_eq!(positions, (1..=80).collect::<Vec<_>>());
    assert_eq!(count(&mut connection, "own").await, 50);
}

#[tokio::test]
async fn a_subscription_hears_of_the_commit_and_not_before() {
    let Shared {
        store,
        table,
        mut connection,
    } = shared().await;
    let mut subscription = Subscription::new(Arc::clone(&store.recorder) as _, Selection::all());
    for version in 1..=3 {
        let mut transaction = connection.begin_with(BEGIN).await.unwrap();
        table
            .insert_in(&mut transaction, vec![event(1, version)])
            .await
            .unwrap();
        let early = tokio::time::timeout(Duration::from_millis(120), subscription.next()).await;
        assert!(early.is_err(), "{early:?}");
        transaction.commit().await.unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await;
        assert_eq!(heard.unwrap().unwrap().unwrap().position, version);
    }
}
