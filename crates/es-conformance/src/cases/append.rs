//! Storing events.

use es_persistence::{OriginatorId, StoredEvent};
use uuid::Uuid;

use crate::{
    assertion::{assert_ascending, conflict, conflict_of, ok, positions, refusal, stored},
    fixture::Fixture,
    reading::{log, record, stream},
    sample::{HOSTILE, TIMES, all_bytes, event, event_of, event_with, events, rival, rivals, time, uuid},
};

pub(super) async fn empty_is_a_noop(fixture: &Fixture) {
    let recorder = fixture.application().await;
    assert_eq!(ok(recorder.insert_events(Vec::new()).await), [0; 0]);
    assert_eq!(ok(recorder.max_position().await), None);
    let before = record(&*recorder, events(&uuid(1), 1..=2)).await;
    assert_eq!(ok(recorder.insert_events(Vec::new()).await), [0; 0]);
    assert_eq!(log(&*recorder).await, before);
}

pub(super) async fn returns_the_position_of_each_event(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut numbered = record(&*recorder, events(&uuid(1), 1..=2)).await;
    numbered.extend(record(&*recorder, events(&uuid(2), 1..=1)).await);
    assert_ascending(&positions(&numbered));
    assert_eq!(log(&*recorder).await, numbered);
}

pub(super) async fn is_readable_when_it_returns(fixture: &Fixture) {
    let (writer, reader) = (fixture.application().await, fixture.application().await);
    for version in 1..=50 {
        let id = uuid(1);
        let numbered = record(&*writer, events(&id, version..=version)).await;
        assert_eq!(stream(&*reader, &id).await, events(&id, 1..=version));
        assert_eq!(
            ok(reader.max_position().await),
            numbered.last().map(|last| last.position)
        );
        assert_eq!(log(&*reader).await.last(), numbered.last());
    }
}

pub(super) async fn is_atomic(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (old, new, other) = (uuid(1), uuid(2), uuid(3));
    let before = record(&*recorder, events(&old, 1..=2)).await;
    for place in 0..3 {
        let mut call = vec![event(&new, 1), event(&other, 1)];
        call.insert(place, rival(&old, 2));
        assert_eq!(refusal(recorder.insert_events(call).await), conflict(&old, 2, 2));
        assert_eq!(log(&*recorder).await, before);
        assert_eq!(stream(&*recorder, &new).await, []);
        assert_eq!(stream(&*recorder, &other).await, []);
    }
}

pub(super) async fn is_atomic_when_large(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (id, taken) = (uuid(1), uuid(2));
    let before = record(&*recorder, events(&taken, 1..=1)).await;
    let mut call = events(&id, 1..=2500);
    call.push(rival(&taken, 1));
    assert_eq!(refusal(recorder.insert_events(call).await), conflict(&taken, 1, 1));
    assert_eq!(stream(&*recorder, &id).await, []);
    assert_eq!(log(&*recorder).await, before);
}

pub(super) async fn goes_on_after_a_refusal(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    let mut numbered = record(&*recorder, events(&id, 1..=1)).await;
    for version in 2..=20 {
        assert_eq!(
            refusal(recorder.insert_events(rivals(&id, 1..=1)).await),
            conflict(&id, 1, version - 1)
        );
        assert_eq!(
            ok(recorder.max_position().await),
            numbered.last().map(|last| last.position)
        );
        numbered.extend(record(&*recorder, events(&id, version..=version)).await);
    }
    assert_eq!(log(&*recorder).await, numbered);
}

pub(super) async fn takes_several_aggregates_in_one_call(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (a, b) = (uuid(1), OriginatorId::from("b"));
    let call = vec![event(&a, 1), event(&b, 1), event(&a, 2), event(&a, 3), event(&b, 2)];
    let numbered = record(&*recorder, call.clone()).await;
    assert_eq!(stored(&log(&*recorder).await), call);
    assert_ascending(&positions(&numbered));
    assert_eq!(stream(&*recorder, &a).await, events(&a, 1..=3));
    assert_eq!(stream(&*recorder, &b).await, events(&b, 1..=2));
}

pub(super) async fn takes_many_events_in_one_call(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    let call = events(&id, 1..=2500);
    let numbered = record(&*recorder, call.clone()).await;
    assert_ascending(&positions(&numbered));
    assert_eq!(log(&*recorder).await, numbered);
    assert_eq!(stream(&*recorder, &id).await, call);
}

pub(super) async fn takes_many_aggregates_in_one_call(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let call: Vec<_> = (1..=700).map(|number| event(&uuid(number), 1)).collect();
    let numbered = record(&*recorder, call).await;
    assert_eq!(log(&*recorder).await, numbered);
    assert_eq!(
        refusal(recorder.insert_events(rivals(&uuid(700), 1..=1)).await),
        conflict(&uuid(700), 1, 1)
    );
}

pub(super) async fn a_repeated_save_is_one_save(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (a, b) = (uuid(1), OriginatorId::from("b"));
    let mut all = Vec::new();
    for version in (1..=9).step_by(3) {
        let mut call = events(&a, version..=version + 2);
        call.insert(1, event(&b, version / 3 + 1));
        all.extend(record(&*recorder, call.clone()).await);
        for _ in 0..2 {
            assert_eq!(record(&*recorder, call.clone()).await, all[all.len() - 4..]);
            assert_eq!(log(&*recorder).await, all);
        }
    }
    // It is one save also after others have followed it, and its own followers are stored as usual.
    let first: Vec<_> = stored(&all[..4]);
    assert_eq!(record(&*recorder, first).await, all[..4]);
    all.extend(record(&*recorder, events(&a, 10..=10)).await);
    assert_eq!(log(&*recorder).await, all);
}

pub(super) async fn a_partly_repeated_save_is_a_conflict(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let (id, other) = (uuid(1), uuid(2));
    let before = record(&*recorder, events(&id, 1..=2)).await;
    for (call, version) in [
        (events(&id, 1..=3), 1),
        (events(&id, 2..=3), 2),
        (vec![event(&id, 1), rival(&id, 2)], 1),
        (vec![event(&id, 1), event(&id, 2), event(&other, 1)], 1),
        (vec![event(&other, 1), event(&id, 1), event(&id, 2)], 1),
        (vec![event(&id, 3), event(&id, 1)], 1),
    ] {
        let refused = conflict_of(recorder.insert_events(call).await);
        assert_eq!((&refused.originator_id, refused.version), (&id, version));
        assert_eq!(log(&*recorder).await, before);
        assert_eq!(stream(&*recorder, &other).await, []);
    }
}

pub(super) async fn keeps_every_byte(fixture: &Fixture) {
    keeps(fixture, every_column(&uuid(1), 1)).await;
}

pub(super) async fn keeps_every_byte_of_many_in_one_call(fixture: &Fixture) {
    let recorder = fixture.application().await;
    // A store may leave out a column that is the same in all rows of a call, so there are calls of all kinds.
    let calls: [fn(StoredEvent) -> StoredEvent; 5] = [
        |event| event,
        |event| event.with_metadata(None).with_hash(None),
        |event| event.with_metadata(None),
        |event| event.with_hash(None).with_schema_version(1),
        |event| {
            let event_id = event.event_id;
            event.with_stamp(event_id, time(TIMES[1])).with_schema_version(2)
        },
    ];
    let (mut first, mut all) = (1, Vec::new());
    for change in calls {
        let call: Vec<_> = every_column(&uuid(1), first).into_iter().map(change).collect();
        first += call.len() as u64;
        all.extend(record(&*recorder, call).await);
    }
    assert_eq!(log(&*recorder).await, all);
    assert_eq!(stream(&*recorder, &uuid(1)).await, stored(&all));
}

/// Events of one aggregate, from version `first` on, with edge cases in every column.
fn every_column(id: &OriginatorId, first: u64) -> Vec<StoredEvent> {
    let all: Vec<u8> = all_bytes().collect();
    let reversed = all.iter().rev().copied().collect();
    let bytes = [all, reversed, Vec::new(), vec![0], vec![0; 3], b"\xff\xfe\0\n".to_vec()];
    let mut events = Vec::new();
    let mut push = |change: &dyn Fn(StoredEvent) -> StoredEvent| {
        let next = first + events.len() as u64;
        events.push(change(event(id, next)));
    };
    for bytes in bytes {
        push(&|event| event_with(&event.originator_id, event.originator_version, bytes.clone()));
        push(&|event| event.with_metadata(Some(bytes.clone())));
        push(&|event| event.with_hash(Some(bytes.clone())));
    }
    push(&|event| event.with_metadata(None).with_hash(Some(vec![1])));
    push(&|event| event.with_metadata(Some(vec![1])).with_hash(None));
    push(&|event| event.with_metadata(None).with_hash(None));
    for text in TIMES {
        push(&|event| {
            let event_id = event.event_id;
            event.with_stamp(event_id, time(text))
        });
    }
    for version in [1, 2, 255, 256, 32_767] {
        push(&|event| event.with_schema_version(version));
    }
    for event_id in [Uuid::from_u128(1), Uuid::from_u128(1 << 127), Uuid::max()] {
        push(&|event| {
            let timestamp = event.timestamp;
            // No two events have the same ID, so another series has other ones.
            event.with_stamp(
                Uuid::from_u128(event_id.as_u128() ^ (u128::from(first - 1) << 32)),
                timestamp,
            )
        });
    }
    events
}

pub(super) async fn keeps_an_empty_state(fixture: &Fixture) {
    keeps(fixture, vec![event_with(&uuid(1), 1, Vec::new()), event(&uuid(1), 2)]).await;
}

pub(super) async fn keeps_a_large_state(fixture: &Fixture) {
    let state: Vec<u8> = all_bytes().cycle().take(1024 * 1024).collect();
    keeps(fixture, vec![event_with(&uuid(1), 1, state), event(&uuid(1), 2)]).await;
}

pub(super) async fn keeps_text_and_uuid_apart(fixture: &Fixture) {
    let uuid = uuid(0xab);
    let bytes = uuid
        .as_uuid()
        .map(|uuid| [uuid.to_string(), uuid.simple().to_string(), uuid.urn().to_string()]);
    let texts = bytes.into_iter().flatten().flat_map(|text| [text.to_uppercase(), text]);
    let ids = texts.map(|text| OriginatorId::from(text.as_str())).chain([uuid]);
    keeps(fixture, ids.map(|id| event(&id, 1)).collect()).await;
}

pub(super) async fn keeps_the_least_and_the_greatest_uuid(fixture: &Fixture) {
    let ids = [Uuid::nil(), Uuid::max()].map(OriginatorId::from);
    keeps(fixture, ids.iter().map(|id| event(id, 1)).collect()).await;
}

pub(super) async fn compares_text_ids_byte_by_byte(fixture: &Fixture) {
    let ids = [
        "a", "A", " a", "a ", "a\n", "ä", "a\u{308}", "ａ", "a/", "a%", "0", "00", "0.0", "1e0", "1",
    ];
    let events = ids.map(|id| event(&OriginatorId::from(id), 1));
    keeps(fixture, events.to_vec()).await;
}

pub(super) async fn keeps_hostile_ids(fixture: &Fixture) {
    let long = "x".repeat(500);
    let ids = HOSTILE.into_iter().chain([long.as_str()]);
    keeps(fixture, ids.map(|id| event(&OriginatorId::from(id), 1)).collect()).await;
}

pub(super) async fn keeps_hostile_topics(fixture: &Fixture) {
    let long = "x".repeat(2000);
    let topics = HOSTILE.into_iter().chain([long.as_str()]);
    let numbered = topics.zip(1..);
    let events = numbered.map(|(topic, version)| event_of(&uuid(1), version, topic));
    keeps(fixture, events.collect()).await;
}

/// Stores each of `given` in a call of its own, and expects all to be read as they were given.
async fn keeps(fixture: &Fixture, given: Vec<StoredEvent>) {
    let recorder = fixture.application().await;
    for event in &given {
        let positions = ok(recorder.insert_events(vec![event.clone()]).await);
        assert_eq!(positions.len(), 1, "{event:?}");
    }
    let in_log = stored(&log(&*recorder).await);
    assert_eq!(in_log, given);
    for event in &given {
        let of_one: Vec<_> = given
            .iter()
            .filter(|other| other.originator_id == event.originator_id)
            .collect();
        let read = stream(&*recorder, &event.originator_id).await;
        assert_eq!(read.iter().collect::<Vec<_>>(), of_one);
    }
}
