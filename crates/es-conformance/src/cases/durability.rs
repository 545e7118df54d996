//! What is there when the store is opened again.

use std::sync::Arc;

use es_persistence::{Tracking, TrackingRecorder};
use futures_util::future;
use uuid::Uuid;

use crate::{
    assertion::{already_tracked, assert_ascending, conflict, ok, positions, refusal},
    fixture::Fixture,
    reading::{log, record, stream},
    sample::{event, event_of, events, uuid},
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
        let stale = || events(&uuid(1), version..=version);
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

pub(super) async fn tracking_is_there(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let tracking = Tracking::new("upstream", 7).with_event_id(Uuid::from_u128(3));
    ok(recorder.insert_tracking(tracking.clone()).await);
    drop(recorder);
    let recorder = fixture.reopen().await.tracking().await;
    is_tracked(&*recorder, tracking).await;
}

pub(super) async fn tracking_of_a_process_is_there(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let tracking = Tracking::new("upstream", 7).with_event_id(Uuid::from_u128(3));
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), tracking.clone())
        .await);
    drop(recorder);
    let recorder = fixture.reopen().await.process().await;
    assert_eq!(stream(&*recorder, &uuid(1)).await, events(&uuid(1), 1..=1));
    is_tracked(&*recorder, tracking).await;
}

async fn is_tracked<R: TrackingRecorder + ?Sized>(recorder: &R, tracking: Tracking) {
    assert_eq!(ok(recorder.last_tracking("upstream".into()).await), Some(tracking));
    let refused = recorder.insert_tracking(Tracking::new("upstream", 7)).await;
    assert_eq!(refusal(refused), already_tracked("upstream", 7, 7));
}

pub(super) async fn snapshots_are_there(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let snapshots = [event(&uuid(1), 3), event(&uuid(1), 9)];
    ok(recorder.insert_events(snapshots.to_vec()).await);
    drop(recorder);
    let recorder = fixture.reopen().await.snapshots().await;
    assert_eq!(stream(&*recorder, &uuid(1)).await, snapshots);
    assert_eq!(
        refusal(recorder.insert_events(vec![event(&uuid(1), 3)]).await),
        conflict(&uuid(1), 3, 9)
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
