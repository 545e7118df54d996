//! What is large.

use es_persistence::{OriginatorId, StoredEvent, StreamSelection};

use crate::store::{event, events, log, open, rival, time};

#[tokio::test]
async fn an_event_of_fifty_megabytes_is_kept() {
    let store = open().await;
    let small = event(1, 1);
    let large =
        StoredEvent::new(small.originator_id, 1, small.topic, vec![7; 50 << 20]).with_stamp(small.event_id, time());
    store.recorder.insert_events(vec![large.clone()]).await.unwrap();
    let read = StreamSelection::of(large.originator_id.clone());
    assert!(store.recorder.select_events(read).await.unwrap() == [large]);
}

#[tokio::test]
async fn ten_thousand_events_are_one_save() {
    let store = open().await;
    let positions = store.recorder.insert_events(events(1, 10_000)).await.unwrap();
    assert_eq!(positions, (1..=10_000).collect::<Vec<_>>());
    assert_eq!(log(&store).await.len(), 10_000);
}

#[tokio::test]
async fn an_id_may_be_as_long_as_a_book() {
    let store = open().await;
    let id = OriginatorId::from("id".repeat(1 << 19).as_str());
    let of = |version| {
        let event = event(1, version);
        StoredEvent::new(id.clone(), version, event.topic, event.state).with_stamp(event.event_id, time())
    };
    store.recorder.insert_events(vec![of(1), of(2)]).await.unwrap();
    let error = store.recorder.insert_events(vec![rival(of(2))]).await.unwrap_err();
    assert_eq!(error.conflict().unwrap().last_version, 2);
    let read = store
        .recorder
        .select_events(StreamSelection::of(id.clone()))
        .await
        .unwrap();
    assert!(read == [of(1), of(2)]);
}
