//! Every column comes back as it was stored, alone and beside others.

use es_persistence::{OriginatorId, StoredEvent, StoredSnapshot, StreamSelection, Timestamp};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::store::{events, fresh_uuid, id, snapshot, with_store};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Events that differ in every column, of aggregates of both kinds.
fn zoo() -> Vec<StoredEvent> {
    let times = [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "9999-12-30T21:59:59.999999Z",
    ];
    let ids = [
        id(),
        OriginatorId::from("rex \u{1f415}"),
        OriginatorId::Uuid(Uuid::max()),
    ];
    let mut zoo = Vec::new();
    for (number, (id, text)) in ids.into_iter().zip(times).enumerate() {
        for version in 1..=3 {
            let is_odd = version % 2 == 1;
            let event = StoredEvent::new(
                id.clone(),
                version,
                format!("topic {number}"),
                vec![0, 255, u8::from(is_odd)],
            )
            .with_stamp(fresh_uuid(), time(text))
            .with_schema_version(if is_odd { 1 } else { 32767 })
            .with_metadata((number > 0).then(|| vec![b'm'; number - 1]))
            .with_hash((is_odd && number < 2).then(|| vec![7; 40]));
            zoo.push(event);
        }
    }
    zoo
}

#[test]
fn events_come_back_as_they_were_stored() {
    with_store(|store| async move {
        // One save, saves of one event each, and many saves at once.
        let together = zoo();
        store.recorder.insert_events(together.clone()).await.unwrap();
        let alone = zoo_of_fresh_ids();
        for event in &alone {
            store.recorder.insert_events(vec![event.clone()]).await.unwrap();
        }
        let merged: Vec<_> = (0..40).map(|_| zoo_of_fresh_ids()).collect();
        for saved in join_all(merged.iter().map(|events| store.recorder.insert_events(events.clone()))).await {
            saved.unwrap();
        }
        let expected: Vec<_> = [together, alone].into_iter().chain(merged).flatten().collect();
        let log = store.log().await;
        assert_eq!(log.len(), expected.len());
        for event in expected {
            let selection = StreamSelection::of(event.originator_id.clone());
            let selection = selection.after(event.originator_version - 1).limit(1);
            assert_eq!(
                store.recorder.select_events(selection).await.unwrap(),
                std::slice::from_ref(&event)
            );
            assert!(log.iter().any(|notification| notification.event == event));
        }
        store
    });
}

fn zoo_of_fresh_ids() -> Vec<StoredEvent> {
    let mut ids: Vec<(OriginatorId, OriginatorId)> = Vec::new();
    let mut events = zoo();
    for event in &mut events {
        let known = ids
            .iter()
            .find(|(old, _)| *old == event.originator_id)
            .map(|(_, new)| new.clone());
        let new = known.unwrap_or_else(|| match &event.originator_id {
            OriginatorId::Uuid(_) => id(),
            OriginatorId::Text(_) => OriginatorId::from(&*format!("rex {}", fastrand::u128(..))),
        });
        ids.push((event.originator_id.clone(), new.clone()));
        event.originator_id = new;
    }
    events
}

#[test]
fn snapshots_come_back_as_they_were_stored_and_replace_each_other() {
    with_store(|store| async move {
        let snapshots = store.snapshots().await;
        let (one, other) = (id(), OriginatorId::from("rex"));
        let earlier = StoredSnapshot::new(one.clone(), 5, "Dog", vec![1, 0])
            .with_timestamp(time("1969-12-31T23:59:59.999999Z"))
            .with_schema_version(7)
            .with_hash(Some(vec![9; 40]));
        snapshots
            .insert_snapshots(vec![earlier.clone(), snapshot(&other, 5)])
            .await
            .unwrap();
        let stored = snapshots
            .select_snapshots(StreamSelection::of(one.clone()))
            .await
            .unwrap();
        assert_eq!(stored, [earlier]);
        // Of two in one call the second one counts, and of two calls the later one.
        let later = StoredSnapshot::new(one.clone(), 5, "Wolf", vec![2]);
        snapshots
            .insert_snapshots(vec![snapshot(&one, 5), later.clone()])
            .await
            .unwrap();
        let stored = snapshots.select_snapshots(StreamSelection::of(one)).await.unwrap();
        assert_eq!(stored, [later]);
        store
    });
}

#[test]
fn many_snapshots_at_once_are_stored_and_delay_no_event() {
    with_store(|store| async move {
        let snapshots = store.snapshots().await;
        let ids: Vec<_> = (0..64).map(|_| id()).collect();
        let saves = ids.iter().map(|id| async {
            let events = store.recorder.insert_events(events(id, 2));
            let (events, snapshot) = tokio::join!(events, snapshots.insert_snapshots(vec![snapshot(id, 2)]));
            (events.unwrap().len(), snapshot.unwrap())
        });
        assert!(join_all(saves).await.into_iter().all(|(events, ())| events == 2));
        for id in ids {
            let stream = snapshots.select_stream(id.clone(), 9, 9).await.unwrap();
            assert_eq!(stream.snapshot, Some(snapshot(&id, 2)));
            assert_eq!(stream.events.len(), 1);
            assert_eq!(stream.events[0].originator_version, 2);
        }
        store
    });
}
