//! How far consumers have processed the logs of upstreams.

use std::sync::Arc;

use es_persistence::{RecorderErrorKind, Tracking, TrackingKey, TrackingRecorder};
use futures_util::FutureExt as _;
use tokio::{
    sync::Barrier,
    task::{self, JoinSet},
};
use uuid::Uuid;

use crate::{
    assertion::{already_tracked, fenced, ok, refusal, won},
    fixture::Fixture,
    sample::{HOSTILE, UPSTREAM},
};

pub(super) async fn nothing_is_tracked_at_first(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    assert_eq!(last(&*recorder, UPSTREAM).await, None);
}

pub(super) async fn the_last_is_readable_when_it_returns(fixture: &Fixture) {
    let (writer, reader) = (fixture.tracking().await, fixture.tracking().await);
    for position in 1..=20 {
        ok(writer.insert_tracking(Tracking::new(UPSTREAM, position)).await);
        assert_eq!(last(&*reader, UPSTREAM).await, Some(Tracking::new(UPSTREAM, position)));
    }
}

pub(super) async fn positions_only_grow(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 21)).await);
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 22)).await);
    for position in [22, 21, 20, 1] {
        let refused = recorder.insert_tracking(Tracking::new(UPSTREAM, position)).await;
        assert_eq!(refusal(refused), already_tracked(UPSTREAM, position, 22));
        assert_eq!(last(&*recorder, UPSTREAM).await, Some(Tracking::new(UPSTREAM, 22)));
    }
}

pub(super) async fn positions_may_be_skipped_for_good(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    for position in [1, 22, 24] {
        ok(recorder.insert_tracking(Tracking::new(UPSTREAM, position)).await);
    }
    let refused = recorder.insert_tracking(Tracking::new(UPSTREAM, 23)).await;
    assert_eq!(refusal(refused), already_tracked(UPSTREAM, 23, 24));
    ok(fixture
        .within(
            "what was skipped is passed",
            recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 23),
        )
        .await);
}

pub(super) async fn upstreams_do_not_know_of_each_other(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    for (upstream, position) in [("up1", 22), ("up2", 21), ("UP1", 5)] {
        ok(recorder.insert_tracking(Tracking::new(upstream, position)).await);
    }
    for (upstream, position) in [("up1", Some(22)), ("up2", Some(21)), ("UP1", Some(5)), ("up3", None)] {
        assert_eq!(
            last(&*recorder, upstream).await,
            position.map(|position| Tracking::new(upstream, position))
        );
    }
}

pub(super) async fn consumers_do_not_know_of_each_other(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let keys = [
        TrackingKey::of("up"),
        TrackingKey::new("one", "up"),
        TrackingKey::new("ONE", "up"),
        TrackingKey::new("other", "up"),
        TrackingKey::new("one", "down"),
        TrackingKey::new("up", "one"),
        TrackingKey::new("on", "eup"),
    ];
    keeps_apart(&*recorder, &keys).await;
    let mut waiting = recorder.wait_for_tracking(TrackingKey::new("other", "up"), 100);
    ok(recorder
        .insert_tracking(Tracking::of(TrackingKey::new("one", "up"), 100))
        .await);
    assert!(
        (&mut waiting).now_or_never().is_none(),
        "another consumer has reached position 100"
    );
    ok(recorder
        .insert_tracking(Tracking::of(TrackingKey::new("other", "up"), 100))
        .await);
    ok(fixture.within("position 100 is tracked", waiting).await);
    assert_eq!(ok(recorder.last_tracking(TrackingKey::new("third", "up")).await), None);
}

pub(super) async fn hostile_names_are_kept_apart(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let upstreams = HOSTILE.map(TrackingKey::of);
    let consumers = HOSTILE.map(|name| TrackingKey::new(name, UPSTREAM));
    keeps_apart(&*recorder, &[upstreams, consumers].concat()).await;
}

/// Tracks a position for each of `keys`, the greatest first, and expects that each key has its own.
async fn keeps_apart<R: TrackingRecorder + ?Sized>(recorder: &R, keys: &[TrackingKey]) {
    let numbered = || keys.iter().zip((1..=99).rev());
    for (key, position) in numbered() {
        ok(recorder.insert_tracking(Tracking::of(key.clone(), position)).await);
    }
    for (key, position) in numbered() {
        let last = ok(recorder.last_tracking(key.clone()).await);
        assert_eq!(last, Some(Tracking::of(key.clone(), position)));
    }
}

pub(super) async fn a_lower_fence_is_refused(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let key = TrackingKey::new("consumer", UPSTREAM);
    let at = |position, fence| Tracking::of(key.clone(), position).with_fence(fence);
    for tracking in [at(1, 0), at(2, 5), at(3, 5), at(4, 8)] {
        ok(recorder.insert_tracking(tracking.clone()).await);
        assert_eq!(ok(recorder.last_tracking(key.clone()).await), Some(tracking));
    }
    for fence in [0, 1, 5, 7] {
        let refused = recorder.insert_tracking(at(5, fence)).await;
        assert_eq!(refusal(refused), fenced(&key, fence, 8));
        assert_eq!(ok(recorder.last_tracking(key.clone()).await), Some(at(4, 8)));
    }
    // Another consumer has leases of its own, and a greater fence does not allow a position that was tracked.
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 5)).await);
    refusal(recorder.insert_tracking(at(4, 9)).await);
    assert_eq!(ok(recorder.last_tracking(key.clone()).await), Some(at(4, 8)));
    ok(recorder.insert_tracking(at(5, 8)).await);
}

pub(super) async fn the_fence_is_kept(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    for (position, fence) in [(1, 0), (2, 1), (3, i64::MAX as u64)] {
        let tracking = Tracking::new(UPSTREAM, position).with_fence(fence);
        ok(recorder.insert_tracking(tracking.clone()).await);
        assert_eq!(last(&*recorder, UPSTREAM).await, Some(tracking));
    }
}

pub(super) async fn invalid_ones_are_refused(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let too_great = i64::MAX as u64 + 1;
    for invalid in [
        Tracking::new(UPSTREAM, 0),
        Tracking::new(UPSTREAM, too_great),
        Tracking::new(UPSTREAM, 1).with_fence(too_great),
        Tracking::new("", 1),
        Tracking::new("a\0", 1),
        Tracking::of(TrackingKey::new("a\0", UPSTREAM), 1),
    ] {
        let key = invalid.key.clone();
        assert_eq!(
            refusal(recorder.insert_tracking(invalid).await),
            RecorderErrorKind::Invalid
        );
        if !key.upstream.contains('\0') && !key.consumer.contains('\0') {
            assert_eq!(ok(recorder.last_tracking(key).await), None);
        }
    }
}

pub(super) async fn the_event_id_is_kept(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let with_id = |position, id| Tracking::new(UPSTREAM, position).with_event_id(Uuid::from_u128(id));
    for tracking in [
        with_id(1, 7),
        with_id(2, u128::MAX),
        Tracking::new(UPSTREAM, 3),
        with_id(4, 0),
    ] {
        ok(recorder.insert_tracking(tracking.clone()).await);
        assert_eq!(last(&*recorder, UPSTREAM).await, Some(tracking));
    }
    assert_eq!(
        refusal(recorder.insert_tracking(with_id(4, 9)).await),
        already_tracked(UPSTREAM, 4, 4)
    );
    assert_eq!(last(&*recorder, UPSTREAM).await, Some(with_id(4, 0)));
}

pub(super) async fn the_greatest_position_is_kept(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let greatest = Tracking::new(UPSTREAM, i64::MAX as u64);
    ok(recorder.insert_tracking(greatest.clone()).await);
    assert_eq!(last(&*recorder, UPSTREAM).await, Some(greatest));
}

pub(super) async fn one_of_many_at_the_same_position_wins(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    for position in 1..=10 {
        let start = Arc::new(Barrier::new(8));
        let mut writers = JoinSet::new();
        for writer in 0..8 {
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            writers.spawn(async move {
                let tracking = Tracking::new(UPSTREAM, position).with_event_id(Uuid::from_u128(writer));
                start.wait().await;
                let loss = already_tracked(UPSTREAM, position, position);
                won(recorder.insert_tracking(tracking.clone()).await, &loss).then_some(tracking)
            });
        }
        let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "writers that tracked position {position}");
        assert_eq!(last(&*recorder, UPSTREAM).await.as_ref(), winners.first());
    }
}

pub(super) async fn waiting_for_what_is_tracked_ends_at_once(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 21)).await);
    for position in [0, 1, 10, 21] {
        let waited = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), position);
        ok(fixture.within("a tracked position is there", waited).await);
    }
}

pub(super) async fn waiting_for_position_0_ends_at_once(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let waited = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 0);
    ok(fixture.within("nothing is waited for", waited).await);
}

pub(super) async fn waiting_ends_when_the_position_is_tracked(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let mut waiters = JoinSet::new();
    for position in [3, 5, 5, 4] {
        let recorder = Arc::clone(&recorder);
        waiters.spawn(async move {
            ok(recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), position).await);
            let reached = last(&*recorder, UPSTREAM).await.map_or(0, |last| last.position);
            assert!(reached >= position, "the wait for {position} ended at {reached}");
        });
    }
    for position in [1, 2, 3, 5] {
        ok(recorder.insert_tracking(Tracking::new(UPSTREAM, position)).await);
        task::yield_now().await;
    }
    fixture.within("all positions are tracked", waiters.join_all()).await;
}

pub(super) async fn waiting_goes_on_until_the_position_is_tracked(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 20)).await);
    let mut waiting = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 22);
    for upstream in [UPSTREAM, "another"] {
        ok(recorder.insert_tracking(Tracking::new(upstream, 21)).await);
        assert!(
            (&mut waiting).now_or_never().is_none(),
            "position 22 is not tracked yet"
        );
    }
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 22)).await);
    ok(fixture.within("position 22 is tracked", waiting).await);
}

pub(super) async fn giving_up_waiting_harms_nobody(fixture: &Fixture) {
    let recorder = fixture.tracking().await;
    let mut staying = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 1);
    assert!((&mut staying).now_or_never().is_none(), "position 1 is not tracked yet");
    for _ in 0..10 {
        let mut leaving = recorder.wait_for_tracking(TrackingKey::of(UPSTREAM), 1);
        assert!((&mut leaving).now_or_never().is_none(), "position 1 is not tracked yet");
    }
    ok(recorder.insert_tracking(Tracking::new(UPSTREAM, 1)).await);
    ok(fixture.within("position 1 is tracked", staying).await);
}

async fn last<R: TrackingRecorder + ?Sized>(recorder: &R, upstream: &str) -> Option<Tracking> {
    ok(recorder.last_tracking(TrackingKey::of(upstream)).await)
}
