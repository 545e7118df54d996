//! Events and tracking in one transaction.

use std::sync::Arc;

use es_persistence::{OriginatorId, ProcessRecorder, RecorderErrorKind, Selection, StoredEvent, Tracking, TrackingKey};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

use super::subscription::follow;
use crate::{
    assertion::{already_tracked, assert_ascending, conflict, fenced, ok, positions, refusal, stored, won},
    fixture::Fixture,
    reading::{log, stream},
    sample::{UPSTREAM, event, event_with, events, rival, rivals, uuid},
};

pub(super) async fn stores_events_and_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    assert_eq!(reached(&*recorder).await, None);
    let call = vec![event(&uuid(1), 1), event(&uuid(2), 1), event(&uuid(1), 2)];
    let tracking = at(1).with_event_id(Uuid::from_u128(7));
    let numbers = ok(recorder
        .insert_events_with_tracking(call.clone(), tracking.clone())
        .await);
    assert_ascending(&numbers);
    let log = log(&*recorder).await;
    assert_eq!((positions(&log), stored(&log)), (numbers, call));
    assert_eq!(reached(&*recorder).await, Some(tracking));
}

pub(super) async fn a_conflict_stores_no_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=2), at(1))
        .await);
    for version in [1, 2, 4] {
        let refused = recorder
            .insert_events_with_tracking(rivals(&uuid(1), version..=version), at(2))
            .await;
        assert_eq!(refusal(refused), conflict(&uuid(1), version, 2));
        expect(&*recorder, &events(&uuid(1), 1..=2), 1).await;
    }
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 3..=3), at(2))
        .await);
    expect(&*recorder, &events(&uuid(1), 1..=3), 2).await;
}

pub(super) async fn a_tracked_position_stores_no_events(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=2), at(5))
        .await);
    for position in [5, 4, 1] {
        let call = vec![event(&uuid(1), 3), event(&uuid(2), 1)];
        let refused = recorder.insert_events_with_tracking(call, at(position)).await;
        assert_eq!(refusal(refused), already_tracked(UPSTREAM, position, 5));
        expect(&*recorder, &events(&uuid(1), 1..=2), 5).await;
    }
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 3..=3), at(6))
        .await);
    expect(&*recorder, &events(&uuid(1), 1..=3), 6).await;
}

pub(super) async fn a_lower_fence_stores_no_events(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let key = TrackingKey::new("consumer", UPSTREAM);
    let at = |position, fence| Tracking::of(key.clone(), position).with_fence(fence);
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=2), at(1, 7))
        .await);
    for fence in [0, 1, 6] {
        let refused = recorder
            .insert_events_with_tracking(events(&uuid(1), 3..=3), at(2, fence))
            .await;
        assert_eq!(refusal(refused), fenced(&key, fence, 7));
        assert_eq!(stored(&log(&*recorder).await), events(&uuid(1), 1..=2));
        assert_eq!(ok(recorder.last_tracking(key.clone()).await), Some(at(1, 7)));
    }
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 3..=3), at(2, 7))
        .await);
    assert_eq!(ok(recorder.last_tracking(key.clone()).await), Some(at(2, 7)));
}

pub(super) async fn keeps_the_whole_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    for (number, consumer) in (1..).zip(["", "one", "other"]) {
        let key = TrackingKey::new(consumer, UPSTREAM);
        let tracking = Tracking::of(key.clone(), 8 - number)
            .with_event_id(Uuid::from_u128(number.into()))
            .with_fence(number);
        let call = events(&uuid(number.into()), 1..=2);
        ok(recorder.insert_events_with_tracking(call, tracking.clone()).await);
        assert_eq!(ok(recorder.last_tracking(key).await), Some(tracking));
    }
}

pub(super) async fn two_faults_store_nothing(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=2), at(5))
        .await);
    let refused = refusal(
        recorder
            .insert_events_with_tracking(rivals(&uuid(1), 2..=2), at(5))
            .await,
    );
    let either = [conflict(&uuid(1), 2, 2), already_tracked(UPSTREAM, 5, 5)];
    assert!(either.contains(&refused), "{refused:?}");
    expect(&*recorder, &events(&uuid(1), 1..=2), 5).await;
}

pub(super) async fn invalid_events_store_no_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    for invalid in [
        event(&uuid(1), 0),
        event(&uuid(1), u64::MAX),
        event(&OriginatorId::from(""), 1),
    ] {
        let call = vec![event(&uuid(1), 1), invalid];
        let refused = recorder.insert_events_with_tracking(call, at(1)).await;
        assert_eq!(refusal(refused), RecorderErrorKind::Invalid);
        assert_eq!(log(&*recorder).await, []);
        assert_eq!(reached(&*recorder).await, None);
    }
}

pub(super) async fn no_events_store_the_tracking_alone(fixture: &Fixture) {
    let recorder = fixture.process().await;
    for position in [1, 3] {
        let positions = ok(recorder.insert_events_with_tracking(Vec::new(), at(position)).await);
        assert_eq!(positions, [0; 0]);
        expect(&*recorder, &[], position).await;
    }
    for position in [3, 2] {
        let refused = recorder.insert_events_with_tracking(Vec::new(), at(position)).await;
        assert_eq!(refusal(refused), already_tracked(UPSTREAM, position, 3));
    }
}

pub(super) async fn events_alone_leave_the_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), at(2))
        .await);
    ok(recorder.insert_events(events(&uuid(1), 2..=2)).await);
    expect(&*recorder, &events(&uuid(1), 1..=2), 2).await;
}

pub(super) async fn tracking_alone_counts_for_events(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder.insert_tracking(at(3)).await);
    let refused = recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), at(3))
        .await;
    assert_eq!(refusal(refused), already_tracked(UPSTREAM, 3, 3));
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), at(4))
        .await);
    assert_eq!(
        refusal(recorder.insert_tracking(at(4)).await),
        already_tracked(UPSTREAM, 4, 4)
    );
    expect(&*recorder, &events(&uuid(1), 1..=1), 4).await;
}

pub(super) async fn many_events_keep_their_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=2500), at(1))
        .await);
    let mut call = events(&uuid(2), 1..=2500);
    call.push(rival(&uuid(1), 1));
    let refused = recorder.insert_events_with_tracking(call, at(2)).await;
    assert_eq!(refusal(refused), conflict(&uuid(1), 1, 2500));
    expect(&*recorder, &events(&uuid(1), 1..=2500), 1).await;
}

pub(super) async fn each_position_is_processed_once(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let mut all = Vec::new();
    for position in 1..=10 {
        let start = Arc::new(Barrier::new(8));
        let mut writers = JoinSet::new();
        for writer in 0..8_u8 {
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            writers.spawn(async move {
                let own = event_with(&uuid(u128::from(writer) * 100 + u128::from(position)), 1, vec![writer]);
                start.wait().await;
                let saved = recorder
                    .insert_events_with_tracking(vec![own.clone()], at(position))
                    .await;
                won(saved, &already_tracked(UPSTREAM, position, position)).then_some(own)
            });
        }
        let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "writers that processed position {position}");
        all.extend(winners);
        expect(&*recorder, &all, position).await;
    }
}

pub(super) async fn every_way_of_storing_keeps_the_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let mut writers = JoinSet::new();
    for number in 0..40_u8 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            let (upstream, id) = (format!("upstream {number}"), uuid(number.into()));
            for position in 1..=3 {
                let call = events(&id, position..=position);
                ok(recorder
                    .insert_events_with_tracking(call, Tracking::new(upstream.as_str(), position))
                    .await);
                ok(recorder
                    .insert_events(events(&uuid(1000 + u128::from(number)), position..=position))
                    .await);
            }
        });
    }
    writers.join_all().await;
    for number in 0..40_u8 {
        let upstream = format!("upstream {number}");
        let last = ok(recorder.last_tracking(TrackingKey::of(upstream.as_str())).await);
        assert_eq!(last, Some(Tracking::new(upstream, 3)));
        assert_eq!(
            stream(&*recorder, &uuid(number.into())).await,
            events(&uuid(number.into()), 1..=3)
        );
    }
}

pub(super) async fn wakes_who_waits_for_events_and_who_waits_for_tracking(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let mut subscription = follow(&fixture.application().await, Selection::all());
    let mut next = subscription.next();
    let mut waiting = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 1);
    assert!((&mut next).now_or_never().is_none(), "there is no event yet");
    assert!((&mut waiting).now_or_never().is_none(), "nothing is tracked yet");
    ok(recorder
        .insert_events_with_tracking(events(&uuid(1), 1..=1), at(1))
        .await);
    ok(fixture.within("the position is tracked", waiting).await);
    let delivered = fixture
        .within("the event is delivered", next)
        .await
        .expect("a subscription goes on");
    assert_eq!(ok(delivered).event, event(&uuid(1), 1));
}

fn at(position: u64) -> Tracking {
    Tracking::new(UPSTREAM, position)
}

async fn reached<R: ProcessRecorder + ?Sized>(recorder: &R) -> Option<Tracking> {
    ok(recorder.last_tracking(TrackingKey::of(UPSTREAM)).await)
}

/// Expects these events and no others, and the upstream to be processed up to `position`.
async fn expect<R: ProcessRecorder + ?Sized>(recorder: &R, events: &[StoredEvent], position: u64) {
    assert_eq!(stored(&log(recorder).await), events);
    assert_eq!(reached(recorder).await, Some(at(position)));
}
