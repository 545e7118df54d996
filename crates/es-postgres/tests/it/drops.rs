//! Futures that are dropped at each poll, with one connection for everything.

use std::{future::poll_fn, task::Poll, time::Duration};

use es_persistence::{BoxFuture, RecorderError, Selection, StreamSelection, Tracking, TrackingKey};
use sqlx::Row as _;

use crate::store::{Store, event, id, rows, snapshot, with_schema};

/// Polls `future` up to `polls` times and drops it; true says that it was ready.
async fn poll_and_drop<T>(mut future: BoxFuture<'_, T>, polls: usize) -> bool {
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(future.as_mut().poll(context)))
            .await
            .is_ready()
        {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(fastrand::u64(10..400))).await;
    }
    false
}

async fn saves(store: &Store, polls: usize) -> Result<bool, RecorderError> {
    let id = id();
    let tracking = Tracking::new(id.to_string(), 7);
    let key = tracking.key.clone();
    let save = store
        .recorder
        .insert_events_with_tracking(vec![event(&id, 1), event(&id, 2)], tracking);
    let was_ready = poll_and_drop(save, polls).await;
    // The connection is free again, and the save is there or will never be, as soon as it has answered once more.
    store.recorder.insert_events(vec![event(&self::id(), 1)]).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let stored = store.recorder.select_events(StreamSelection::of(id)).await?.len();
    let tracked = store
        .recorder
        .last_tracking(key)
        .await?
        .map(|tracking| tracking.position);
    assert!(
        (stored, tracked) == (2, Some(7)) || (stored, tracked) == (0, None),
        "{stored}, {tracked:?}"
    );
    assert!(!was_ready || stored == 2);
    Ok(was_ready)
}

#[test]
fn a_dropped_call_harms_nobody() {
    with_schema(|server, schema| async move {
        let application = format!("t_{schema}");
        let environment = server.environment(&application, &schema);
        let environment = environment
            .with("POSTGRES_POOL_SIZE", "1")
            .with("POSTGRES_MAX_OVERFLOW", "0");
        let store = Store::open(
            server.clone(),
            schema,
            environment.with("POSTGRES_CONNECT_TIMEOUT", "5"),
        )
        .await;
        let snapshots = store.snapshots().await;
        let mut connection = server.connect().await;
        let idle = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}' \
             AND state LIKE 'idle in transaction%'"
        );
        for polls in 0..60 {
            let was_ready = saves(&store, polls).await.unwrap();
            let all = StreamSelection::of("nobody".into());
            poll_and_drop(store.recorder.select_events(all), polls).await;
            poll_and_drop(store.recorder.select_notifications(Selection::all()), polls).await;
            poll_and_drop(store.recorder.max_position(), polls).await;
            poll_and_drop(store.recorder.last_tracking(TrackingKey::of("nobody")), polls).await;
            poll_and_drop(snapshots.insert_snapshots(vec![snapshot(&id(), 5)]), polls).await;
            assert_eq!(rows(&mut connection, &idle).await[0].get::<i64, _>(0), 0);
            if was_ready && polls > 20 {
                break;
            }
        }
        store.datastore.close().await;
    });
}
