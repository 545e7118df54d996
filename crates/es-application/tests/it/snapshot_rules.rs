//! When snapshots are taken and discarded, and what a save waits for.

use std::{sync::Arc, time::Duration};

use es_application::{ApplicationBuilder, prelude::*};
use es_persistence::{SnapshotRecorder as _, StreamSelection};
use tokio::time::Instant;

use crate::{
    counter::{Counter, applying},
    odd_store::OddStore,
    stores,
};

async fn on(store: &OddStore, change: impl FnOnce(ApplicationBuilder) -> ApplicationBuilder) -> Application {
    let environment = Environment::new("Bank").with("PERSISTENCE_MODULE", "odd");
    let builder = Application::builder("Bank").environment(environment);
    let builder = builder.persistence([Arc::new(store.clone()) as Arc<_>]);
    change(builder).open().await.unwrap()
}

/// The versions of the snapshots of a counter.
async fn versions(store: &OddStore, id: Id<Counter>) -> Vec<u64> {
    let selection = StreamSelection::of(id.to_originator_id());
    let snapshots = store.recorder.select_snapshots(selection).await.unwrap();
    snapshots.iter().map(|snapshot| snapshot.originator_version).collect()
}

#[tokio::test]
async fn a_rule_of_the_users_says_when_and_one_that_panics_says_no() {
    let store = OddStore::default();
    let rule = |counter: &Counter, events| {
        assert!(counter.count < 4, "the rule panics");
        events == 2
    };
    let app = on(&store, |builder| {
        builder.snapshot_when(rule).snapshot_wait(Duration::from_mins(1))
    })
    .await;
    let mut counter = Counter::start();
    app.save(&mut counter).await.unwrap();
    assert_eq!(versions(&store, counter.id()).await, [0_u64; 0]);
    (0..2).for_each(|_| counter.count());
    app.save(&mut counter).await.unwrap();
    assert_eq!(versions(&store, counter.id()).await, [3]);
    (0..2).for_each(|_| counter.count());
    let recordings = app.save(&mut counter).await.unwrap();
    assert_eq!((recordings.len(), versions(&store, counter.id()).await), (2, vec![3]));
}

#[tokio::test]
async fn snapshots_are_discarded_of_one_aggregate_or_of_a_type() {
    for store in stores::all_with(
        |environment| environment.with("IS_SNAPSHOTTING_ENABLED", "y"),
        |builder| builder,
    )
    .await
    {
        let app = &store.app;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let mut counter = Counter::start();
            counter.count();
            app.save(&mut counter).await.unwrap();
            app.take_snapshot(counter.id()).await.unwrap();
            ids.push(counter.id());
        }
        let applied = async |id| applying(app.repository().get(id)).await.1;
        assert_eq!((applied(ids[0]).await, applied(ids[1]).await), (0, 0));
        app.discard_snapshots(ids[0]).await.unwrap();
        app.discard_snapshots(ids[0]).await.unwrap();
        assert_eq!((applied(ids[0]).await, applied(ids[1]).await), (2, 0));
        app.discard_snapshots_of::<Counter>().await.unwrap();
        assert_eq!((applied(ids[1]).await, applied(ids[2]).await), (2, 2));
    }
    let off = stores::open(Environment::new("Bank")).await;
    let error = off.discard_snapshots_of::<Counter>().await.unwrap_err();
    assert!(matches!(error, ApplicationError::SnapshotsDisabled));
}

#[tokio::test(start_paused = true)]
async fn a_save_waits_no_longer_than_the_bound_and_close_waits_for_the_rest() {
    let store = OddStore {
        snapshot_delay: Duration::from_secs(30),
        ..OddStore::default()
    };
    let app = on(&store, |builder| {
        builder
            .snapshot_every::<Counter>(1)
            .snapshot_wait(Duration::from_secs(2))
    })
    .await;
    let mut counter = Counter::start();
    let begun = Instant::now();
    app.save(&mut counter).await.unwrap();
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_secs(2) && waited < Duration::from_secs(3),
        "{waited:?}"
    );
    assert_eq!(versions(&store, counter.id()).await, [0_u64; 0]);
    app.close().await;
    assert_eq!(versions(&store, counter.id()).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_keep_up_gets_no_more_snapshots() {
    let store = OddStore {
        snapshot_delay: Duration::from_hours(1),
        ..OddStore::default()
    };
    let app = on(&store, |builder| {
        builder
            .snapshot_every::<Counter>(1)
            .snapshot_wait(Duration::from_millis(1))
    })
    .await;
    let mut counter = Counter::start();
    for _ in 0..100 {
        app.save(&mut counter).await.unwrap();
        counter.count();
    }
    app.close().await;
    assert_eq!(versions(&store, counter.id()).await.len(), 64);
}
