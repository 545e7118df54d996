//! What is stored is there when the store is opened again.

use std::sync::Arc;

use es_persistence::{Tracking, TrackingKey, TrackingRecorder};
use futures_util::future;
use uuid::Uuid;

use crate::{
    assertion::{already_tracked, assert_ascending, conflict, ok, positions, refusal},
    fixture::Fixture,
    reading::{log, record, snapshots_of, stream},
    sample::{UPSTREAM, event, event_of, events, rivals, snapshots, uuid},
};

pub(super) async fn events_are_there(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut numbered = record(&*recorder, events(&uuid(1), 1..=3)).await;
    numbered.extend(record(&*recorder, vec![event_of(&"it's \n 🐕".into(), 1, "it's \n 🐕")]).await);
    drop(recorder);
    let recorder = fixture.reopen().await.application().await;
    assert_eq!(log(&*recorder).await, numbered);
    assert_eq!(stream(&*recorder, &uuid(1)).await, events(&uuid(1), 1..=3));
    assert_eq!(
        ok(recorder.max_position().await),
        numbered.last().map(|last| last.position)
    );
}

pub(super) async fn positions_and_versions_go_on(fixture: &Fixture) {
    let mut recorder = fixture.application().await;
    let mut all = Vec::new();
    for version in 1..=4 {
        all.extend(record(&*recorder, vec![event(&uuid(1), version), event(&uuid(2), version)]).await);
        let stale = || rivals(&uuid(1), version..=version);
        assert_eq!(
            refusal(recorder.insert_events(stale()).await),
            conflict(&uuid(1), version, version)
        );
        drop(recorder);
        recorder = fixture.reopen().await.application().await;
        assert_eq!(
            refusal(recorder.insert_events(stale()).await),
            conflict(&uuid(1), version, version)
        );
    }
    assert_ascending(&positions(&all));
    assert_eq!(log(&*recorder).await, all);
}

pub(super) async fn a_repeated_save_is_one_save(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let before = record(&*recorder, events(&uuid(2), 1..=1)).await;
    let numbered = record(&*recorder, events(&uuid(1), 1..=3)).await;
    drop(recorder);
    let recorder = fixture.reopen().await.application().await;
    assert_eq!(record(&*recorder, events(&uuid(1), 1..=3)).await, numbered);
    assert_eq!(log(&*recorder).await, [before, numbered].concat());
}

pub(super) async fn tracking_is_there(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let tracking = Tracking::new(UPSTREAM, 7)
        .with_event_id(Uuid::from_u128(3))
        .with_fence(2);
    ok(recorder.insert_tracking(tracking.clone()).await);
    drop(recorder);
    let recorder = fixture.reopen().await.tracking().await;
    is_tracked(&*recorder, tracking).await;
}

pub(super) async fn tracking_of_a_process_is_there(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let tracking = Tracking::new(UPSTREAM, 7)
        .with_event_id(Uuid::from_u128(3))
        .with_fence(2);
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), tracking.clone())
        .await);
    drop(recorder);
    let recorder = fixture.reopen().await.process().await;
    assert_eq!(stream(&*recorder, &uuid(1)).await, events(&uuid(1), 1..=1));
    is_tracked(&*recorder, tracking).await;
}

async fn is_tracked<R: TrackingRecorder + ?Sized>(recorder: &R, tracking: Tracking) {
    let refused = recorder.insert_tracking(tracking.clone()).await;
    assert_eq!(refusal(refused), already_tracked(UPSTREAM, 7, 7));
    assert_eq!(
        ok(recorder.last_tracking(TrackingKey::of(UPSTREAM)).await),
        Some(tracking)
    );
}

pub(super) async fn snapshots_are_there(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [3, 9])).await);
    drop(recorder);
    let recorder = fixture.reopen().await.snapshots().await;
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, snapshots(&uuid(1), [3, 9]));
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [3, 12])).await);
    assert_eq!(
        snapshots_of(&*recorder, &uuid(1)).await,
        snapshots(&uuid(1), [3, 9, 12])
    );
}

pub(super) async fn closing_waits_for_saves_that_have_begun(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let saves = (0..50).map(|number| {
        let recorder = Arc::clone(&recorder);
        async move { recorder.insert_events(events(&uuid(number), 1..=3)).await }
    });
    // The saves are polled before the closing, so that each has begun.
    let (ended, ()) = future::join(future::join_all(saves), fixture.close()).await;
    let reopened = fixture.open().await.application().await;
    for (number, save) in (0..).zip(ended) {
        ok(save);
        assert_eq!(stream(&*reopened, &uuid(number)).await, events(&uuid(number), 1..=3));
    }
}
