//! Storing events.

use es_persistence::{OriginatorId, StoredEvent};

use crate::{
    assertion::{assert_ascending, conflict, ok, positions, refusal, stored},
    fixture::Fixture,
    reading::{log, record, stream},
    sample::{HOSTILE, all_bytes, event, event_of, event_with, events, uuid},
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
        call.insert(place, event(&old, 2));
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
    call.push(event(&taken, 1));
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
            refusal(recorder.insert_events(events(&id, 1..=1)).await),
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
        refusal(recorder.insert_events(events(&uuid(700), 1..=1)).await),
        conflict(&uuid(700), 1, 1)
    );
}

pub(super) async fn keeps_every_byte(fixture: &Fixture) {
    let (id, all) = (uuid(1), all_bytes().collect::<Vec<u8>>());
    let states = [
        all.clone(),
        all.into_iter().rev().collect(),
        vec![0],
        vec![0; 3],
        b"\xff\xfe\0\n".to_vec(),
    ];
    keeps(
        fixture,
        states
            .into_iter()
            .zip(1..)
            .map(|(state, version)| event_with(&id, version, state)),
    )
    .await;
}

pub(super) async fn keeps_an_empty_state(fixture: &Fixture) {
    keeps(fixture, [event_with(&uuid(1), 1, Vec::new()), event(&uuid(1), 2)]).await;
}

pub(super) async fn keeps_a_large_state(fixture: &Fixture) {
    let state: Vec<u8> = all_bytes().cycle().take(1024 * 1024).collect();
    keeps(fixture, [event_with(&uuid(1), 1, state), event(&uuid(1), 2)]).await;
}

pub(super) async fn keeps_text_and_uuid_apart(fixture: &Fixture) {
    let uuid = uuid(0xab);
    let bytes = uuid
        .as_uuid()
        .map(|uuid| [uuid.to_string(), uuid.simple().to_string(), uuid.urn().to_string()]);
    let texts = bytes.into_iter().flatten().flat_map(|text| [text.to_uppercase(), text]);
    let ids = texts.map(|text| OriginatorId::from(text.as_str())).chain([uuid]);
    keeps(fixture, ids.map(|id| event(&id, 1))).await;
}

pub(super) async fn keeps_the_least_and_the_greatest_uuid(fixture: &Fixture) {
    let ids = [uuid::Uuid::nil(), uuid::Uuid::max()].map(OriginatorId::from);
    keeps(fixture, ids.iter().map(|id| event(id, 1))).await;
}

pub(super) async fn compares_text_ids_byte_by_byte(fixture: &Fixture) {
    let ids = [
        "a", "A", " a", "a ", "a\n", "ä", "a\u{308}", "ａ", "a/", "a%", "0", "00", "0.0", "1e0", "1",
    ];
    keeps(fixture, ids.map(|id| event(&OriginatorId::from(id), 1))).await;
}

pub(super) async fn keeps_hostile_ids(fixture: &Fixture) {
    let long = "x".repeat(500);
    let ids = HOSTILE.into_iter().chain([long.as_str()]);
    keeps(fixture, ids.map(|id| event(&OriginatorId::from(id), 1))).await;
}

pub(super) async fn keeps_hostile_topics(fixture: &Fixture) {
    let long = "x".repeat(2000);
    let topics = HOSTILE.into_iter().chain([long.as_str()]);
    keeps(
        fixture,
        topics
            .zip(1..)
            .map(|(topic, version)| event_of(&uuid(1), version, topic)),
    )
    .await;
}

/// Stores each of `given` in a call of its own, and expects all to be read as they were given.
async fn keeps(fixture: &Fixture, given: impl IntoIterator<Item = StoredEvent>) {
    let recorder = fixture.application().await;
    let given: Vec<_> = given.into_iter().collect();
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
