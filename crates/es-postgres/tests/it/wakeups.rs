//! Learning of what other processes store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{ApplicationRecorder, Selection, Subscription};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::{
    report,
    store::{Store, event, id, rows, with_store},
};

/// When each notification of `store` was delivered.
fn deliveries(store: &Store) -> mpsc::UnboundedReceiver<Instant> {
    let (delivered, deliveries) = mpsc::unbounded_channel();
    let recorder = Arc::clone(&store.recorder);
    drop(tokio::spawn(async move {
        let mut subscription = Subscription::new(recorder as Arc<dyn ApplicationRecorder>, Selection::all());
        while let Some(Ok(_)) = subscription.next().await {
            if delivered.send(Instant::now()).is_err() {
                return;
            }
        }
    }));
    deliveries
}

/// The median of the times from a commit in `writer`, while the subscription waits, to its delivery.
async fn median_delay(writer: &Store, deliveries: &mut mpsc::UnboundedReceiver<Instant>, count: usize) -> Duration {
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
        let mut deliveries = deliveries(&store);
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
        let mut deliveries = deliveries(&store);
        let delay = median_delay(&store, &mut deliveries, 50).await;
        report(format_args!("median delay {delay:?}"));
        assert!(delay < Duration::from_millis(50), "{delay:?}");
        store
    });
}

#[test]
fn what_waits_for_an_append_that_fails_is_delivered_when_it_has_failed() {
    with_store(|store| async move {
        let mut deliveries = deliveries(&store);
        let mut other = store.server.connect().await;
        let mut transaction = sqlx::Connection::begin(&mut other).await.unwrap();
        crate::tails::append(&mut transaction, &store.schema, "dogs", &id(), 1)
            .await
            .unwrap();
        store.recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(deliveries.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        transaction.rollback().await.unwrap();
        let rolled_back = Instant::now();
        let delay = deliveries.recv().await.unwrap().saturating_duration_since(rolled_back);
        report(format_args!("delivered {delay:?} after the other was rolled back"));
        assert!(delay < Duration::from_millis(1500), "{delay:?}");
        store
    });
}
