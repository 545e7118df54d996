//! Many tasks that store at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use es_persistence::{ApplicationRecorder, RecorderErrorKind, Selection, StoredEvent, StreamSelection};
use tokio::{
    sync::Barrier,
    task::{self, JoinSet},
};

use crate::{
    assertion::{chain, conflict, ok, stored, won},
    fixture::Fixture,
    reading::{log, page, record, stream},
    sample::{event_with, events, uuid},
};

pub(super) async fn one_of_many_at_the_same_version_wins(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    for version in 1..=10 {
        let start = Arc::new(Barrier::new(16));
        let mut writers = JoinSet::new();
        for writer in 0..16_u64 {
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            let event = event_with(&uuid(1), version, writer.to_le_bytes().to_vec());
            writers.spawn(async move {
                start.wait().await;
                let loss = conflict(&event.originator_id, version, version);
                won(recorder.insert_events(vec![event.clone()]).await, &loss).then_some(event)
            });
        }
        let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "writers that stored version {version}");
        assert_eq!(stream(&*recorder, &id).await.last(), winners.first());
    }
    assert_eq!(log(&*recorder).await.len(), 10);
}

pub(super) async fn a_loser_may_try_again(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut writers = JoinSet::new();
    for _ in 0..6 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            for _ in 0..8 {
                while !increment(&*recorder).await {}
            }
        });
    }
    fixture.within("everybody has won", writers.join_all()).await;
    let stored = stream(&*recorder, &uuid(1)).await;
    let versions: Vec<_> = stored.iter().map(|event| event.originator_version).collect();
    assert_eq!(versions, (1..=48).collect::<Vec<_>>());
}

pub(super) async fn repeats_of_one_save_are_one_save(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for version in (1..=19).step_by(2) {
        let start = Arc::new(Barrier::new(8));
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            writers.spawn(async move {
                start.wait().await;
                record(&*recorder, events(&uuid(1), version..=version + 1)).await
            });
        }
        let saves = writers.join_all().await;
        let log = log(&*recorder).await;
        assert_eq!(log.len() as u64, version + 1);
        for save in saves {
            assert_eq!(save, log[log.len() - 2..]);
        }
    }
}

/// Reads the aggregate and stores its next version. Returns `false` if another task has stored that version before.
async fn increment(recorder: &dyn ApplicationRecorder) -> bool {
    let id = uuid(1);
    let last = ok(recorder
        .select_events(StreamSelection::of(id.clone()).descending().limit(1))
        .await);
    let next = last.first().map_or(0, |last| last.originator_version) + 1;
    let own = event_with(&id, next, fastrand::u64(..).to_le_bytes().to_vec());
    match recorder.insert_events(vec![own]).await {
        Ok(_) => true,
        Err(error) => match error.kind() {
            RecorderErrorKind::Conflict(conflict) => {
                assert_eq!((&conflict.originator_id, conflict.version), (&id, next));
                assert!(
                    conflict.last_version >= next,
                    "the store has moved on, and the conflict says how far: {conflict:?}"
                );
                false
            }
            _ => panic!("{}", chain(&error)),
        },
    }
}

pub(super) async fn different_aggregates_do_not_conflict(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut writers = JoinSet::new();
    for number in 0..20 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            for version in 1..=10 {
                ok(recorder.insert_events(events(&uuid(number), version..=version)).await);
            }
        });
    }
    writers.join_all().await;
    for number in 0..20 {
        assert_eq!(stream(&*recorder, &uuid(number)).await, events(&uuid(number), 1..=10));
    }
}

pub(super) async fn crossing_saves_end_in_one_winner(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (a, b) = (uuid(1), uuid(2));
    for version in 1..=20 {
        let mut writers = JoinSet::new();
        for order in [[&a, &b], [&b, &a]] {
            let recorder = Arc::clone(&recorder);
            let first = order[0].to_string().into_bytes();
            let call = order.map(|id| event_with(id, version, first.clone())).to_vec();
            writers.spawn(async move {
                let first = call[0].originator_id.clone();
                let saved = recorder.insert_events(call).await;
                let named = saved
                    .as_ref()
                    .err()
                    .and_then(|error| Some(error.conflict()?.originator_id.clone()));
                won(saved, &conflict(&named.unwrap_or(first), version, version))
            });
        }
        let ends = fixture.within("crossing saves have ended", writers.join_all()).await;
        assert_eq!(ends.iter().filter(|won| **won).count(), 1);
    }
    let states = |events: Vec<StoredEvent>| events.into_iter().map(|event| event.state).collect::<Vec<_>>();
    let of_a = states(stream(&*recorder, &a).await);
    assert_eq!(of_a.len(), 20);
    assert_eq!(states(stream(&*recorder, &b).await), of_a, "each save is stored wholly");
}

pub(super) async fn large_saves_do_not_disturb_each_other_or_readers(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        readers.spawn(follow(Arc::clone(&recorder), Arc::clone(&done)));
    }
    let mut writers = JoinSet::new();
    for writer in 0..10 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            for save in 0..10 {
                ok(recorder
                    .insert_events(events(&uuid(writer * 100 + save), 1..=100))
                    .await);
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::SeqCst);
    assert_eq!(readers.join_all().await, [10_000, 10_000]);
}

async fn follow(recorder: Arc<dyn ApplicationRecorder>, done: Arc<AtomicBool>) -> usize {
    let (mut position, mut count) = (0, 0);
    loop {
        let is_last = done.load(Ordering::SeqCst);
        let read = page(&*recorder, Selection::after(position).limit(1000)).await;
        count += read.notifications.len();
        if is_last && read.reached == position {
            return count;
        }
        position = read.reached;
        task::yield_now().await;
    }
}

pub(super) async fn hundreds_of_tasks_read_their_own_writes(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut tasks = JoinSet::new();
    for number in 0..400 {
        let recorder = Arc::clone(&recorder);
        tasks.spawn(async move {
            let id = uuid(number);
            let positions = ok(recorder.insert_events(events(&id, 1..=2)).await);
            assert_eq!(stream(&*recorder, &id).await, events(&id, 1..=2));
            let read = page(&*recorder, Selection::from(positions[0]).limit(2)).await;
            assert_eq!(stored(&read.notifications), events(&id, 1..=2));
            assert!(ok(recorder.max_position().await) >= positions.last().copied());
        });
    }
    fixture.within("all tasks have ended", tasks.join_all()).await;
    assert_eq!(log(&*recorder).await.len(), 800);
}
