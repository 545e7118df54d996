//! Learning of what other processes store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{ReadableLog, Selection, Subscription, Tracking, TrackingKey};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::{
    report,
    store::{APPLICATION, Store, event, id, rows, with_store},
};

/// When each notification of `store` was delivered, from now on.
pub(crate) async fn deliveries(store: &Store) -> mpsc::UnboundedReceiver<Instant> {
    let (delivered, deliveries) = mpsc::unbounded_channel();
    let recorder = Arc::clone(&store.recorder);
    let last = recorder.max_position().await.unwrap().unwrap_or(0);
    drop(tokio::spawn(async move {
        let mut subscription = Subscription::new(recorder as Arc<dyn ReadableLog>, Selection::after(last));
        while let Some(Ok(_)) = subscription.next().await {
            if delivered.send(Instant::now()).is_err() {
                return;
            }
        }
    }));
    deliveries
}

/// The median of the times from a commit in `writer`, while the subscription waits, to its delivery.
pub(crate) async fn median_delay(
    writer: &Store,
    deliveries: &mut mpsc::UnboundedReceiver<Instant>,
    count: usize,
) -> Duration {
    let mut delays = Vec::new();
    for _ in 0..count {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(20..40))).await;
        writer.recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        let committed = Instant::now();
        delays.push(deliveries.recv().await.unwrap().saturating_duration_since(committed));
    }
    delays.sort();
    delays[count / 2]
}

#[test]
fn commits_of_another_process_are_delivered_soon_also_after_the_connection_was_lost() {
    with_store(|store| async move {
        let writer = store.another().await;
        let mut deliveries = deliveries(&store).await;
        // Until both are connected.
        median_delay(&writer, &mut deliveries, 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let first = median_delay(&writer, &mut deliveries, 40).await;
        let mut connection = store.server.connect().await;
        let links = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE query LIKE '%es_events_' || '{}.dogs_events'::regclass::oid || '%' AND pid <> pg_backend_pid()",
            store.schema
        );
        assert_eq!(rows(&mut connection, &links).await.len(), 2);
        // Until they have connected again, the slow pace delivers.
        let meanwhile = median_delay(&writer, &mut deliveries, 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let later = median_delay(&writer, &mut deliveries, 40).await;
        report(format_args!(
            "median delay {first:?}, first without notifications {meanwhile:?}, afterwards {later:?}"
        ));
        assert!(
            first < Duration::from_millis(100) && later < Duration::from_millis(100),
            "{first:?}, {later:?}"
        );
        assert!(meanwhile < Duration::from_millis(1500), "{meanwhile:?}");
        writer.datastore.close().await;
        store
    });
}

#[test]
fn commits_of_this_process_are_delivered_at_once() {
    with_store(|store| async move {
        let mut deliveries = deliveries(&store).await;
        let delay = median_delay(&store, &mut deliveries, 50).await;
        report(format_args!("median delay {delay:?}"));
        assert!(delay < Duration::from_millis(50), "{delay:?}");
        store
    });
}

/// How long after the end of an open append that is rolled back `reader` delivers what `writer` has stored meanwhile.
async fn delay_after_rollback(reader: &Store, writer: &Store) -> Duration {
    let mut deliveries = deliveries(reader).await;
    // Until both are connected.
    median_delay(writer, &mut deliveries, 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut other = reader.server.connect().await;
    let mut transaction = sqlx::Connection::begin(&mut other).await.unwrap();
    crate::tails::append(&mut transaction, &reader.schema, "dogs", &id(), 1)
        .await
        .unwrap();
    writer.recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(deliveries.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    transaction.rollback().await.unwrap();
    let rolled_back = Instant::now();
    deliveries.recv().await.unwrap().saturating_duration_since(rolled_back)
}

#[test]
fn what_waits_for_an_append_that_fails_is_delivered_when_it_has_failed() {
    with_store(|store| async move {
        let own = delay_after_rollback(&store, &store).await;
        let writer = store.another().await;
        let others = delay_after_rollback(&store, &writer).await;
        report(format_args!(
            "after another append was rolled back, what this process has stored was delivered in {own:?}, what \
             another has stored in {others:?}"
        ));
        // Less than the slow pace.
        assert!(own.max(others) < Duration::from_millis(700), "{own:?}, {others:?}");
        writer.datastore.close().await;
        store
    });
}

#[test]
fn commits_of_users_are_delivered_soon_when_they_are_announced() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let log = es_postgres::TransactionalEvents::of(&environment).unwrap();
        let mut connection = store.server.connect().await;
        let mut deliveries = deliveries(&store).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut delays = Vec::new();
        for _ in 0..20 {
            let mut transaction = sqlx::Connection::begin(&mut connection).await.unwrap();
            log.insert_in(&mut transaction, vec![event(&id(), 1)]).await.unwrap();
            transaction.commit().await.unwrap();
            let committed = Instant::now();
            log.announce(&mut connection).await.unwrap();
            delays.push(deliveries.recv().await.unwrap().saturating_duration_since(committed));
        }
        delays.sort();
        report(format_args!("median delay {:?}", delays[10]));
        assert!(delays[10] < Duration::from_millis(100), "{delays:?}");
        store
    });
}

#[test]
fn positions_that_another_process_has_tracked_are_noticed_soon() {
    with_store(|store| async move {
        let tracker = store.another().await;
        let mut delays = Vec::new();
        for position in 1..=20 {
            let recorder = Arc::clone(&store.recorder);
            let waiter = tokio::spawn(async move {
                recorder
                    .wait_for_tracking(TrackingKey::of("upstream"), position)
                    .await
                    .unwrap();
                Instant::now()
            });
            let pause = if position == 1 { 500 } else { fastrand::u64(20..40) };
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let tracking = Tracking::new("upstream", position);
            tracker.recorder.insert_tracking(tracking).await.unwrap();
            let stored = Instant::now();
            delays.push(waiter.await.unwrap().saturating_duration_since(stored));
        }
        delays.sort();
        report(format_args!("median delay {:?}", delays[10]));
        assert!(delays[10] < Duration::from_millis(100), "{delays:?}");
        tracker.datastore.close().await;
        store
    });
}
