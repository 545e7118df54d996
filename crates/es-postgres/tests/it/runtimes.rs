//! A store whose runtime is gone, and one that is closed.

use std::{sync::Arc, time::Duration};

use es_persistence::{RecorderErrorKind, Selection, StreamSelection, Subscription, Tracking};
use futures_util::{StreamExt as _, future::join_all};
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::{
    server::{Server, fresh_schema},
    store::{APPLICATION, Store, event, events, id, with_store},
};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn without_its_runtime_a_store_gives_errors_and_never_panics() {
    let Some(server) = Server::of_this_run() else {
        crate::report(format_args!("ignored: set ES_POSTGRES_URL"));
        return;
    };
    let schema = fresh_schema();
    let first = runtime();
    let environment = server.environment(APPLICATION, &schema);
    let store = first.block_on(Store::open(server.clone(), schema.clone(), environment));
    let store = Arc::new(store);
    let saved = first.block_on(store.recorder.insert_events(events(&id(), 3)));
    assert_eq!(saved.unwrap(), [1, 2, 3]);

    let other = runtime();
    // While the runtime goes away, every outcome is an honest one.
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            other.spawn(async move {
                for _ in 0..200 {
                    drop(store.recorder.insert_events(vec![event(&id(), 1)]).await);
                    drop(store.recorder.select_events(StreamSelection::of(id())).await);
                }
            })
        })
        .collect();
    first.shutdown_timeout(Duration::from_secs(5));
    for task in other.block_on(join_all(tasks)) {
        assert!(!task.is_err_and(|error| error.is_panic()), "a caller panicked");
    }
    let saved = other
        .block_on(store.recorder.insert_events(vec![event(&id(), 1)]))
        .unwrap_err();
    assert_eq!(*saved.kind(), RecorderErrorKind::Closed);
    assert!(!saved.is_retryable());
    let read = other
        .block_on(store.recorder.select_notifications(Selection::all()))
        .unwrap_err();
    assert_eq!(*read.kind(), RecorderErrorKind::Closed);
    other.block_on(store.datastore.close());
    other.block_on(server.drop_schema(&schema));
}

#[test]
fn closing_ends_subscriptions_and_waits_and_refuses_what_comes_later() {
    with_store(|store| async move {
        store.recorder.insert_events(events(&id(), 2)).await.unwrap();
        store
            .recorder
            .insert_tracking(Tracking::new("upstream", 1))
            .await
            .unwrap();
        let recorder = Arc::clone(&store.recorder);
        let subscription = Subscription::new(recorder, Selection::after(0));
        let follower = tokio::spawn(subscription.collect::<Vec<_>>());
        let waiter = {
            let recorder = Arc::clone(&store.recorder);
            tokio::spawn(async move {
                recorder
                    .wait_for_tracking(es_persistence::TrackingKey::of("upstream"), 2)
                    .await
            })
        };
        tokio::time::sleep(Duration::from_millis(200)).await;
        store.datastore.close().await;

        let limit = Duration::from_secs(5);
        let delivered = timeout(limit, follower).await.unwrap().unwrap();
        let [Ok(_), Ok(_), Err(end)] = &*delivered else {
            panic!("{delivered:?}")
        };
        assert_eq!(*end.kind(), RecorderErrorKind::Closed);
        let refused = timeout(limit, waiter).await.unwrap().unwrap().unwrap_err();
        assert_eq!(*refused.kind(), RecorderErrorKind::Closed);
        for error in [
            store.recorder.insert_events(events(&id(), 1)).await.unwrap_err(),
            store.recorder.max_position().await.unwrap_err(),
            store
                .recorder
                .last_tracking(es_persistence::TrackingKey::of("upstream"))
                .await
                .unwrap_err(),
        ] {
            assert_eq!(*error.kind(), RecorderErrorKind::Closed);
            assert!(!error.is_retryable());
        }
        store
    });
}
