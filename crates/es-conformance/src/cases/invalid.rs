//! Rows that no store can keep are refused as invalid, and nothing of the call is stored.

use es_persistence::{OriginatorId, RecorderErrorKind, Selection, StoredEvent, StreamSelection, Topics};
use uuid::Uuid;

use crate::{
    assertion::{ok, refusal},
    fixture::Fixture,
    reading::{log, page, record, stream},
    sample::{event, event_of, events, uuid},
};

pub(super) async fn version_0(fixture: &Fixture) {
    refuses(fixture, &event(&uuid(1), 0)).await;
}

pub(super) async fn a_version_above_the_greatest(fixture: &Fixture) {
    for version in [i64::MAX as u64 + 1, u64::MAX] {
        refuses(fixture, &event(&uuid(1), version)).await;
    }
}

pub(super) async fn an_empty_id(fixture: &Fixture) {
    refuses(fixture, &event(&OriginatorId::from(""), 1)).await;
}

pub(super) async fn a_nul_in_an_id(fixture: &Fixture) {
    for id in ["\0", "a\0", "\0a", "a\0b"] {
        refuses(fixture, &event(&OriginatorId::from(id), 1)).await;
    }
}

pub(super) async fn an_empty_topic(fixture: &Fixture) {
    refuses(fixture, &event_of(&uuid(1), 1, "")).await;
}

pub(super) async fn a_nul_in_a_topic(fixture: &Fixture) {
    for topic in ["\0", "a\0", "\0a", "a\0b"] {
        refuses(fixture, &event_of(&uuid(1), 1, topic)).await;
    }
}

pub(super) async fn a_nil_event_id(fixture: &Fixture) {
    let event = event(&uuid(1), 1);
    let timestamp = event.timestamp;
    refuses(fixture, &event.with_stamp(Uuid::nil(), timestamp)).await;
}

pub(super) async fn a_schema_version_out_of_range(fixture: &Fixture) {
    for schema_version in [0, 32_768, u16::MAX] {
        refuses(fixture, &event(&uuid(1), 1).with_schema_version(schema_version)).await;
    }
}

/// Expects `event` to be refused, alone and among others, and the store to accept valid events afterwards.
async fn refuses(fixture: &Fixture, event: &StoredEvent) {
    let recorder = fixture.application().await;
    let other = uuid(99);
    let next = stream(&*recorder, &other).await.len() as u64 + 1;
    let mut expected = log(&*recorder).await;
    for call in [
        vec![event.clone()],
        [events(&other, next..=next), vec![event.clone()]].concat(),
    ] {
        assert_eq!(
            refusal(recorder.insert_events(call).await),
            RecorderErrorKind::Invalid,
            "{event:?}"
        );
        assert_eq!(log(&*recorder).await, expected);
    }
    expected.extend(record(&*recorder, events(&other, next..=next)).await);
    assert_eq!(log(&*recorder).await, expected);
}

pub(super) async fn selecting_invalid_ids_and_topics_finds_nothing(fixture: &Fixture) {
    let recorder = fixture.application().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=1)).await);
    assert_eq!(
        ok(recorder
            .select_events(StreamSelection::of(OriginatorId::from("")))
            .await),
        []
    );
    for topics in [
        Topics::exact([""]),
        Topics::exact(["a\0"]),
        Topics::families(["", "\0"]),
    ] {
        let read = page(&*recorder, Selection::all().of_topics(topics)).await;
        assert_eq!(read.notifications, []);
    }
}
