//! Positions: a total order in which nothing comes late.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use es_persistence::{ApplicationRecorder, Notification, OriginatorId, Selection};
use tokio::{
    sync::Barrier,
    task::{self, JoinSet},
};

use crate::{
    assertion::{assert_ascending, conflict, ok, positions, refusal},
    fixture::Fixture,
    reading::{log, page, pages, record, up_to},
    sample::{events, rival, uuid},
    writers::Writers,
};

pub(super) async fn a_later_save_has_later_positions(fixture: &Fixture) {
    let recorders = [fixture.application().await, fixture.application().await];
    let mut all = Vec::new();
    for number in 1..=30_u8 {
        let recorder = &recorders[usize::from(number % 3 == 0)];
        all.extend(record(&**recorder, events(&uuid(number.into()), 1..=u64::from(number % 4 + 1))).await);
    }
    assert_ascending(&positions(&all));
    assert_ne!(all[0].position, 0);
    assert_eq!(log(&*recorders[0]).await, all);
}

pub(super) async fn positions_are_contiguous_in_spite_of_conflicts(fixture: &Fixture) {
    let recorder = fixture.application().await;
    Writers { tasks: 4, saves: 25 }.run(&recorder).await;
    let log = log(&*recorder).await;
    assert_eq!(positions(&log), (1..=log.len() as u64).collect::<Vec<_>>());
}

pub(super) async fn positions_are_contiguous_in_spite_of_large_conflicts(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let first = record(&*recorder, events(&uuid(1), 1..=1)).await;
    let mut call = events(&uuid(2), 1..=2500);
    call.push(rival(&uuid(1), 1));
    assert_eq!(refusal(recorder.insert_events(call).await), conflict(&uuid(1), 1, 1));
    let second = record(&*recorder, events(&uuid(1), 2..=2)).await;
    assert_eq!(positions(&[first, second].concat()), [1, 2]);
}

pub(super) async fn events_of_a_save_are_adjacent(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let saves = Writers { tasks: 6, saves: 20 }.run(&recorder).await;
    let log = log(&*recorder).await;
    for save in saves {
        let start = log.partition_point(|notification| notification.position < save[0].position);
        assert_eq!(log.get(start..start + save.len()), Some(save.as_slice()));
    }
}

pub(super) async fn large_saves_do_not_interleave(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let begun = Arc::new(Barrier::new(3));
    let mut writers = JoinSet::new();
    for number in 1..=3 {
        let (recorder, begun) = (Arc::clone(&recorder), Arc::clone(&begun));
        writers.spawn(async move {
            begun.wait().await;
            record(&*recorder, events(&uuid(number), 1..=1000)).await
        });
    }
    let mut saves = writers.join_all().await;
    saves.sort_by_key(|save| save[0].position);
    let all = saves.concat();
    assert_ascending(&positions(&all));
    assert_eq!(log(&*recorder).await, all);
}

pub(super) async fn versions_ascend_with_positions(fixture: &Fixture) {
    let recorder = fixture.application().await;
    Writers { tasks: 4, saves: 20 }.run(&recorder).await;
    let mut last_versions: BTreeMap<OriginatorId, u64> = BTreeMap::new();
    for Notification { event, .. } in log(&*recorder).await {
        let last = last_versions.entry(event.originator_id.clone()).or_default();
        assert_eq!(event.originator_version, *last + 1, "{event:?}");
        *last += 1;
    }
}

pub(super) async fn nothing_comes_late(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for size in [1, 7, 1000] {
        readers.spawn(tail(fixture.application().await, Arc::clone(&done), size));
    }
    Writers { tasks: 4, saves: 40 }.run(&recorder).await;
    done.store(true, Ordering::SeqCst);
    let all = log(&*recorder).await;
    for seen in readers.join_all().await {
        assert_eq!(seen, all);
    }
}

/// Reads on after the position that it has reached, and checks each time that no event has come at or below it since.
pub(super) async fn tail(
    recorder: Arc<dyn ApplicationRecorder>,
    done: Arc<AtomicBool>,
    size: usize,
) -> Vec<Notification> {
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let is_last = done.load(Ordering::SeqCst);
        let read = page(&*recorder, Selection::after(after).limit(size)).await;
        seen.extend(read.notifications);
        let reached = read.reached;
        let again = up_to(&*recorder, reached).await;
        assert_eq!(
            positions(&again),
            positions(&seen),
            "events came at or below position {reached}, which was reached before"
        );
        if is_last && reached == after {
            return seen;
        }
        after = reached;
        task::yield_now().await;
    }
}

pub(super) async fn the_last_position_is_that_of_a_completed_prefix(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = task::spawn(prefixes(fixture.application().await, Arc::clone(&done)));
    Writers { tasks: 4, saves: 40 }.run(&recorder).await;
    done.store(true, Ordering::SeqCst);
    let all = positions(&log(&*recorder).await);
    let prefixes = reader.await.expect("the reader fails only by an assertion");
    for (last, prefix) in prefixes {
        let expected: Vec<_> = all.iter().copied().filter(|position| *position <= last).collect();
        assert_eq!(prefix, expected, "up to {last}, which was the last position");
    }
}

/// Asks for the last position until `done`, and returns what could be read up to it each time.
async fn prefixes(recorder: Arc<dyn ApplicationRecorder>, done: Arc<AtomicBool>) -> Vec<(u64, Vec<u64>)> {
    let mut prefixes: Vec<(u64, Vec<u64>)> = Vec::new();
    loop {
        let is_last = done.load(Ordering::SeqCst);
        let last = ok(recorder.max_position().await).unwrap_or(0);
        let prefix = positions(&up_to(&*recorder, last).await);
        assert_eq!(
            prefix.last().copied().unwrap_or(0),
            last,
            "the event at the last position can be read"
        );
        let before = prefixes.last().map_or(0, |(last, _)| *last);
        assert!(before <= last, "the last position was {before} and is {last}");
        if before < last {
            prefixes.push((last, prefix));
        }
        if is_last {
            return prefixes;
        }
        task::yield_now().await;
    }
}

pub(super) async fn events_of_a_save_become_readable_together(fixture: &Fixture) {
    const LEN: u64 = 40;
    let recorder = fixture.application().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = task::spawn(whole_saves(fixture.application().await, Arc::clone(&done), LEN));
    let mut writers = JoinSet::new();
    for number in 1..=3 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            for start in (0..20).map(|save| save * LEN) {
                ok(recorder
                    .insert_events(events(&uuid(number), start + 1..=start + LEN))
                    .await);
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::SeqCst);
    assert_eq!(
        reader.await.expect("the reader fails only by an assertion"),
        3 * 20 * LEN
    );
}

/// Reads what is new until there is nothing, and checks that there are only whole saves of `len` events.
async fn whole_saves(recorder: Arc<dyn ApplicationRecorder>, done: Arc<AtomicBool>, len: u64) -> u64 {
    let (mut after, mut count) = (0, 0);
    loop {
        let is_last = done.load(Ordering::SeqCst);
        let read = page(&*recorder, Selection::after(after)).await;
        let events = read.notifications.len() as u64;
        assert_eq!(events % len, 0, "a part of a save could be read");
        count += events;
        if is_last && read.reached == after {
            return count;
        }
        after = read.reached;
        task::yield_now().await;
    }
}

pub(super) async fn pages_under_writers_miss_nothing(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = task::spawn({
        let (recorder, done) = (fixture.application().await, Arc::clone(&done));
        async move {
            loop {
                let is_last = done.load(Ordering::SeqCst);
                let read = pages(&*recorder, |after| Selection::after(after).limit(9)).await;
                let whole = up_to(&*recorder, read.reached).await;
                assert_eq!(positions(&read.notifications), positions(&whole));
                if is_last {
                    return whole.len();
                }
            }
        }
    });
    let saves = Writers { tasks: 3, saves: 30 }.run(&recorder).await;
    done.store(true, Ordering::SeqCst);
    let read = reader.await.expect("the reader fails only by an assertion");
    assert_eq!(read, saves.concat().len());
}
