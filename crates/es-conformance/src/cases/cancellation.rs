//! Futures that are dropped before they are ready.

use std::sync::Arc;

use es_persistence::{AggregateRecorder, OriginatorId, Selection, StoredEvent, StreamSelection, Tracking, TrackingKey};
use tokio::{
    sync::oneshot,
    task::{self, JoinSet},
};
use uuid::Uuid;

use crate::{
    assertion::{already_tracked, assert_ascending, conflict, ok, positions, won},
    fixture::Fixture,
    polls::Polls,
    reading::{log, record, snapshots_of, stream},
    sample::{UPSTREAM, event, event_with, events, snapshots, uuid},
};

/// More polls than a save takes.
const ENOUGH: usize = 500;

pub(super) async fn a_dropped_save_is_stored_wholly_or_not_at_all(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for polls in 0..ENOUGH {
        let ids = [uuid(2 * polls as u128), uuid(2 * polls as u128 + 1)];
        let ended = Polls::at_most(polls, recorder.insert_events(save(&ids, b"dropped"))).await;
        let is_stored = settle(&*recorder, &ids).await;
        if let Some(positions) = ended {
            assert_eq!(ok(positions).len(), 3);
            assert!(is_stored, "a save that has ended is stored");
            break;
        }
    }
    let log = log(&*recorder).await;
    assert_ascending(&positions(&log));
    for save in log.chunks(3) {
        assert!(
            save.windows(2).all(|pair| pair[0].event.state == pair[1].event.state),
            "a part of a save is stored"
        );
    }
    ok(recorder.insert_events(events(&uuid(u128::from(u32::MAX)), 1..=3)).await);
}

pub(super) async fn aborted_tasks_store_wholly_or_not_at_all(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let ids = |number: u128| [uuid(2 * number), uuid(2 * number + 1)];
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let recorder = Arc::clone(&recorder);
        let (start, begins) = oneshot::channel();
        let handle = tasks.spawn(async move {
            let insert = recorder.insert_events(save(&ids(number), b"dropped"));
            start.send(()).expect("somebody waits for it");
            insert.await
        });
        begins.await.expect("the task begins");
        for _ in 0..number % 5 {
            task::yield_now().await;
        }
        handle.abort();
    }
    while tasks.join_next().await.is_some() {}
    for number in 0..60 {
        settle(&*recorder, &ids(number)).await;
    }
    assert_eq!(log(&*recorder).await.len(), 60 * 3);
}

/// Saves of two aggregates, the second of which is in the middle.
fn save([a, b]: &[OriginatorId; 2], state: &[u8]) -> Vec<StoredEvent> {
    [(a, 1), (b, 1), (a, 2)]
        .map(|(id, version)| event_with(id, version, state.to_vec()))
        .to_vec()
}

/// Tries to store another save in the place of the dropped one, and returns whether that was stored. Of the two, one
/// must be there, and nothing of the other.
async fn settle<R: AggregateRecorder + ?Sized>(recorder: &R, ids: &[OriginatorId; 2]) -> bool {
    let loss = conflict(&ids[0], 1, 2);
    let is_stored = !won(recorder.insert_events(save(ids, b"rival")).await, &loss);
    let state: &[u8] = if is_stored { b"dropped" } else { b"rival" };
    for id in ids {
        let expected: Vec<_> = save(ids, state)
            .into_iter()
            .filter(|event| event.originator_id == *id)
            .collect();
        let read = stream(recorder, id).await;
        assert_eq!(read, expected, "{}", String::from_utf8_lossy(state));
    }
    is_stored
}

pub(super) async fn a_dropped_save_keeps_its_tracking_with_it(fixture: &Fixture) {
    let recorder = fixture.process().await;
    let at = |polls: usize, id| Tracking::new(UPSTREAM, polls as u64 + 1).with_event_id(Uuid::from_u128(id));
    for polls in 0..ENOUGH {
        let ids = [uuid(2 * polls as u128), uuid(2 * polls as u128 + 1)];
        let dropped = recorder.insert_events_with_tracking(save(&ids, b"dropped"), at(polls, 1));
        let ended = Polls::at_most(polls, dropped).await;
        let rival = recorder.insert_events_with_tracking(Vec::new(), at(polls, 2)).await;
        let position = polls as u64 + 1;
        let is_stored = !won(rival, &already_tracked(UPSTREAM, position, position));
        let last = ok(recorder.last_tracking(TrackingKey::of(UPSTREAM)).await);
        assert_eq!(last, Some(at(polls, if is_stored { 1 } else { 2 })));
        let expected: u64 = if is_stored { 2 } else { 0 };
        assert_eq!(stream(&*recorder, &ids[0]).await.len() as u64, expected);
        assert_eq!(stream(&*recorder, &ids[1]).await.len() as u64, expected / 2);
        if let Some(ended) = ended {
            assert_eq!(ok(ended).len(), 3);
            assert!(is_stored, "a save that has ended is stored");
            return;
        }
    }
}

pub(super) async fn dropped_snapshots_are_stored_wholly_or_not_at_all(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for polls in 0..ENOUGH {
        let id = uuid(polls as u128);
        let ended = Polls::at_most(polls, recorder.insert_snapshots(snapshots(&id, 1..=3))).await;
        for _ in 0..5 {
            // One read is as of one moment: it finds all of the call or nothing.
            let read = snapshots_of(&*recorder, &id).await;
            assert!([0, 3].contains(&read.len()), "{} of 3 snapshots are stored", read.len());
            task::yield_now().await;
        }
        if let Some(ended) = ended {
            ok(ended);
            assert_eq!(snapshots_of(&*recorder, &id).await, snapshots(&id, 1..=3));
            return;
        }
    }
}

pub(super) async fn dropped_reads_harm_nobody(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut all = record(&*recorder, events(&uuid(1), 1..=300)).await;
    for polls in 0..20 {
        let stream = recorder.select_events(StreamSelection::of(uuid(1)));
        drop(Polls::at_most(polls, stream).await);
        drop(Polls::at_most(polls, recorder.select_notifications(Selection::all())).await);
        drop(Polls::at_most(polls, recorder.max_position()).await);
        all.extend(record(&*recorder, vec![event(&uuid(2), polls as u64 + 1)]).await);
        assert_eq!(log(&*recorder).await, all);
    }
}
