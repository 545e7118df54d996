//! Who has moved a consumer on, when connections are lost.

use std::time::Duration;

use es_persistence::{RecorderErrorKind, Tracking, TrackingKey};
use futures_util::future::join_all;
use sqlx::{Connection as _, Row as _};

use crate::{
    proxy::{Proxy, Way},
    store::{APPLICATION, Store, event, id, rows, with_schema},
};

/// The connections of `application` that wait for a row.
fn waiting(application: &str) -> String {
    format!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = '{application}' AND wait_event_type = 'Lock' \
         AND query LIKE '%append_v1%'"
    )
}

/// Two workers track the same position, and wait for a row that somebody else keeps. One of them is terminated, or both
/// are, just before the row is free.
async fn race(store: &[Store; 2], position: u64, has_events: bool) -> usize {
    let server = &store[0].server;
    let mut holder = server.connect().await;
    let mut control = server.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    let lock = format!("SELECT FROM {}.dogs_tracking FOR UPDATE", store[0].schema);
    rows(&mut transaction, &lock).await;
    let workers = store.iter().map(|store| async {
        let tracking = Tracking::new("upstream", position);
        if has_events {
            let events = vec![event(&id(), 1)];
            let saved = store.recorder.insert_events_with_tracking(events, tracking).await;
            saved.map(drop)
        } else {
            store.recorder.insert_tracking(tracking).await
        }
    });
    let attack = async {
        let sql = waiting(APPLICATION);
        let waiters = loop {
            let waiters = rows(&mut control, &sql).await;
            if waiters.len() == 2 {
                break waiters;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let victims = if fastrand::bool() { 1 } else { 2 };
        let free = async {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(0..3000))).await;
            transaction.rollback().await.unwrap();
        };
        let terminate = async {
            for waiter in &waiters[..victims] {
                let pid: i32 = waiter.get(0);
                rows(&mut control, &format!("SELECT pg_terminate_backend({pid})")).await;
            }
        };
        tokio::join!(free, terminate);
    };
    let (outcomes, ()) = tokio::join!(join_all(workers), attack);
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(
            matches!(error.kind(), RecorderErrorKind::AlreadyTracked(_)),
            "{error:?}"
        );
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

#[test]
fn of_two_workers_at_one_position_one_succeeds_whoever_is_terminated() {
    with_schema(|server, schema| async move {
        let environment = server.environment(APPLICATION, &schema);
        let first = Store::open(server, schema, environment).await;
        let stores = [first.another().await, first];
        stores[0]
            .recorder
            .insert_tracking(Tracking::new("upstream", 1))
            .await
            .unwrap();
        for position in 2..=60 {
            let succeeded = race(&stores, position, position % 2 == 0).await;
            assert_eq!(succeeded, 1, "position {position}");
        }
        let events = stores[0].log().await.len();
        assert_eq!(events, 30, "one event for each second position");
        for store in stores {
            store.datastore.close().await;
        }
    });
}

/// A position that is stored while the answer is lost, and overtaken before it is looked for.
#[test]
fn a_position_that_was_overtaken_is_of_unknown_outcome_unless_events_tell() {
    with_schema(|server, schema| async move {
        let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
        let environment = server.environment(APPLICATION, &schema);
        let behind = environment
            .clone()
            .with("POSTGRES_PORT", proxy.port.to_string())
            .with("POSTGRES_SSL_MODE", "disable")
            .with("POSTGRES_STATEMENT_TIMEOUT", "10")
            .with("POSTGRES_CONNECT_TIMEOUT", "2");
        let store = Store::open(server.clone(), schema.clone(), behind).await;
        let direct = store.another().await;
        let key = TrackingKey::of("upstream");
        let track = |position| Tracking::of(key.clone(), position);
        let mut last = 0;
        for round in 0..4 {
            let has_events = round % 2 == 0;
            let save = async |position| {
                if has_events {
                    let saved = store
                        .recorder
                        .insert_events_with_tracking(vec![event(&id(), 1)], track(position));
                    saved.await.map(drop)
                } else {
                    store.recorder.insert_tracking(track(position)).await
                }
            };
            // The connection is there, and the statement is prepared.
            save(last + 1).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            proxy.stay_down();
            proxy.cut_after(Way::ToClient, 1);
            let overtake = async {
                loop {
                    let found = direct.recorder.last_tracking(key.clone()).await.unwrap();
                    if found.is_some_and(|found| found.position == last + 2) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                direct.recorder.insert_tracking(track(last + 3)).await.unwrap();
                proxy.heal();
            };
            let (saved, ()) = tokio::join!(save(last + 2), overtake);
            match saved {
                Ok(()) => assert!(has_events),
                Err(error) => {
                    assert!(!has_events, "{error:?}");
                    assert_eq!(*error.kind(), RecorderErrorKind::OutcomeUnknown);
                }
            }
            last += 3;
        }
        store.datastore.close().await;
        direct.datastore.close().await;
    });
}
