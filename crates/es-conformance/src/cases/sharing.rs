//! A store that is open twice, as in two processes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use es_persistence::{Selection, Tracking, TrackingKey};
use futures_util::{FutureExt as _, StreamExt as _, future};
use tokio::{sync::Barrier, task::JoinSet};

use super::{ordering, subscription};
use crate::{
    assertion::{already_tracked, conflict, ok, positions, refusal, won},
    fixture::Fixture,
    reading::{log, record, stream},
    sample::{UPSTREAM, event, event_with, events, rivals, uuid},
    writers::Writers,
};

pub(super) async fn each_reads_what_the_other_stores(fixture: &Fixture) {
    let (here, there) = (fixture.application().await, fixture.open().await.application().await);
    let mut all = Vec::new();
    for version in 1..=10 {
        all.extend(record(&*here, events(&uuid(1), version..=version)).await);
        assert_eq!(log(&*there).await, all);
        all.extend(record(&*there, events(&uuid(2), version..=version)).await);
        assert_eq!(log(&*here).await, all);
    }
    assert_eq!(
        refusal(there.insert_events(rivals(&uuid(1), 10..=10)).await),
        conflict(&uuid(1), 10, 10)
    );
}

pub(super) async fn one_at_the_same_version_wins(fixture: &Fixture) {
    let recorders = [fixture.application().await, fixture.open().await.application().await];
    for version in 1..=10 {
        let start = Arc::new(Barrier::new(8));
        let mut writers = JoinSet::new();
        for writer in 0..8_u8 {
            let recorder = Arc::clone(&recorders[usize::from(writer % 2)]);
            let (start, own) = (Arc::clone(&start), event_with(&uuid(1), version, vec![writer]));
            writers.spawn(async move {
                start.wait().await;
                let loss = conflict(&own.originator_id, version, version);
                won(recorder.insert_events(vec![own.clone()]).await, &loss).then_some(own)
            });
        }
        let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "writers that stored version {version}");
        assert_eq!(stream(&*recorders[0], &uuid(1)).await.last(), winners.first());
    }
}

pub(super) async fn nothing_comes_late(fixture: &Fixture) {
    let (here, there) = (fixture.application().await, fixture.open().await.application().await);
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for (recorder, size) in [(&here, 3), (&there, 1000)] {
        readers.spawn(ordering::tail(Arc::clone(recorder), Arc::clone(&done), size));
    }
    let mut writers = JoinSet::new();
    for (number, recorder) in [(1, &here), (2, &there), (3, &here), (4, &there)] {
        let recorder = Arc::clone(recorder);
        writers.spawn(async move {
            for version in (1..=60).step_by(3) {
                ok(recorder
                    .insert_events(events(&uuid(number), version..=version + 2))
                    .await);
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::SeqCst);
    let all = log(&*here).await;
    assert_eq!(all.len(), 4 * 60);
    for seen in readers.join_all().await {
        assert_eq!(seen, all);
    }
}

pub(super) async fn positions_are_contiguous(fixture: &Fixture) {
    let (here, there) = (fixture.application().await, fixture.open().await.application().await);
    ok(there.insert_events(events(&uuid(500), 1..=1)).await);
    let writers = Writers { tasks: 3, saves: 20 };
    future::join(writers.run(&here), writers.run(&there)).await;
    let (log, other) = (log(&*here).await, log(&*there).await);
    assert_eq!(log, other);
    assert_eq!(positions(&log), (1..=log.len() as u64).collect::<Vec<_>>());
}

pub(super) async fn a_subscription_hears_of_what_the_other_stores(fixture: &Fixture) {
    let (here, there) = (fixture.application().await, fixture.open().await.application().await);
    let mut following = subscription::follow(&here, Selection::all());
    for version in 1..=3 {
        assert!(following.next().now_or_never().is_none(), "there is nothing new yet");
        let numbered = record(&*there, vec![event(&uuid(1), version)]).await;
        assert_eq!(subscription::take(fixture, &mut following, 1).await, numbered);
    }
}

pub(super) async fn a_wait_hears_of_what_the_other_tracks(fixture: &Fixture) {
    let (here, there) = (fixture.tracking().await, fixture.open().await.tracking().await);
    let mut waiting = here.wait_for_tracking(TrackingKey::of(UPSTREAM), 2);
    assert!((&mut waiting).now_or_never().is_none(), "nothing is tracked yet");
    ok(there.insert_tracking(Tracking::new(UPSTREAM, 1)).await);
    ok(there.insert_tracking(Tracking::new(UPSTREAM, 2)).await);
    ok(fixture.within("the position is tracked", waiting).await);
    assert_eq!(
        refusal(here.insert_tracking(Tracking::new(UPSTREAM, 2)).await),
        already_tracked(UPSTREAM, 2, 2)
    );
}

pub(super) async fn each_position_is_processed_once(fixture: &Fixture) {
    let recorders = [fixture.process().await, fixture.open().await.process().await];
    for position in 1..=10 {
        let mut writers = JoinSet::new();
        for (number, recorder) in (0..).zip(&recorders) {
            let recorder = Arc::clone(recorder);
            writers.spawn(async move {
                let call = events(&uuid(u128::from(position) * 2 + number), 1..=1);
                let saved = recorder
                    .insert_events_with_tracking(call, Tracking::new(UPSTREAM, position))
                    .await;
                won(saved, &already_tracked(UPSTREAM, position, position))
            });
        }
        let ends = writers.join_all().await;
        assert_eq!(
            ends.iter().filter(|won| **won).count(),
            1,
            "who processed position {position}"
        );
        assert_eq!(log(&*recorders[0]).await.len() as u64, position);
    }
}
