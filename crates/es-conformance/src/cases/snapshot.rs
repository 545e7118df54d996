//! Snapshots: versions may be skipped, and there is no log.

use std::sync::Arc;

use es_persistence::{OriginatorId, RecorderErrorKind, StoredEvent, StreamSelection};
use tokio::{sync::Barrier, task::JoinSet};

use super::select;
use crate::{
    assertion::{conflict, conflict_of, ok, refusal, won},
    fixture::Fixture,
    reading::stream,
    sample::{HOSTILE, all_bytes, event, event_of, event_with, uuid},
};

pub(super) async fn there_are_none_at_first(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let latest = StreamSelection::of(uuid(1)).descending().limit(1);
    assert_eq!(ok(recorder.select_events(latest).await), []);
}

pub(super) async fn have_no_positions(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    assert_eq!(ok(recorder.insert_events(Vec::new()).await), [0; 0]);
    assert_eq!(
        ok(recorder
            .insert_events(vec![event(&uuid(1), 1), event(&uuid(2), 7)])
            .await),
        [0; 0]
    );
}

pub(super) async fn versions_may_be_skipped(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for version in [3, 10, 11, 5000, i64::MAX as u64] {
        ok(recorder.insert_events(vec![event(&uuid(1), version)]).await);
    }
    let expected = [3, 10, 11, 5000, i64::MAX as u64].map(|version| event(&uuid(1), version));
    assert_eq!(stream(&*recorder, &uuid(1)).await, expected);
}

pub(super) async fn are_ordered_by_version_not_by_insertion(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for call in [vec![2, 9], vec![5], vec![1, 12, 3]] {
        ok(recorder
            .insert_events(call.into_iter().map(|version| event(&uuid(1), version)).collect())
            .await);
    }
    let expected = [1, 2, 3, 5, 9, 12].map(|version| event(&uuid(1), version));
    assert_eq!(stream(&*recorder, &uuid(1)).await, expected);
    let descending = ok(recorder.select_events(StreamSelection::of(uuid(1)).descending()).await);
    assert_eq!(descending, expected.into_iter().rev().collect::<Vec<_>>());
}

pub(super) async fn the_latest_is_the_first_descending(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for version in [4, 8, 6] {
        ok(recorder
            .insert_events(vec![event(&uuid(1), version), event(&uuid(2), version + 100)])
            .await);
    }
    let latest = StreamSelection::of(uuid(1)).descending().limit(1);
    for (lte, expected) in [
        (3, None),
        (4, Some(4)),
        (5, Some(4)),
        (7, Some(6)),
        (8, Some(8)),
        (u64::MAX, Some(8)),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|version| event(&uuid(1), version)).collect();
        assert_eq!(
            ok(recorder.select_events(latest.clone().lte(lte)).await),
            expected,
            "up to {lte}"
        );
    }
}

pub(super) async fn a_version_that_is_there_is_a_conflict(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let before = [event(&uuid(1), 3), event(&uuid(1), 7)];
    ok(recorder.insert_events(before.to_vec()).await);
    for version in [3, 7] {
        let other = StoredEvent {
            state: b"other".to_vec(),
            ..event(&uuid(1), version)
        };
        assert_eq!(
            refusal(recorder.insert_events(vec![other]).await),
            conflict(&uuid(1), version, 7)
        );
    }
    assert_eq!(stream(&*recorder, &uuid(1)).await, before);
}

pub(super) async fn a_version_twice_in_one_call_is_a_conflict(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let call = vec![event(&uuid(2), 1), event(&uuid(1), 4), event(&uuid(1), 4)];
    let refused = conflict_of(recorder.insert_events(call).await);
    assert_eq!((refused.originator_id, refused.version), (uuid(1), 4));
    assert_eq!(stream(&*recorder, &uuid(1)).await, []);
    assert_eq!(stream(&*recorder, &uuid(2)).await, []);
}

pub(super) async fn are_stored_together_or_not_at_all(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    ok(recorder.insert_events(vec![event(&uuid(1), 5)]).await);
    for place in 0..3 {
        let mut call = vec![event(&uuid(2), 5), event(&uuid(3), 5)];
        call.insert(place, event(&uuid(1), 5));
        assert_eq!(refusal(recorder.insert_events(call).await), conflict(&uuid(1), 5, 5));
        assert_eq!(stream(&*recorder, &uuid(2)).await, []);
        assert_eq!(stream(&*recorder, &uuid(3)).await, []);
    }
}

pub(super) async fn are_read_as_they_were_written(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let uuid = uuid(0xab);
    let large: Vec<u8> = all_bytes().cycle().take(1024 * 1024).collect();
    let text = OriginatorId::from(uuid.to_string().as_str());
    let mut given = vec![event_with(&uuid, 1, large), event_with(&text, 1, all_bytes().collect())];
    given.push(event_with(&OriginatorId::from("empty"), 1, Vec::new()));
    given.extend(HOSTILE.map(|hostile| event_of(&OriginatorId::from(hostile), 1, hostile)));
    ok(recorder.insert_events(given.clone()).await);
    for event in given {
        assert_eq!(stream(&*recorder, &event.originator_id).await, [event]);
    }
}

pub(super) async fn every_selection_is_by_version(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for version in [5, 2, 4] {
        ok(recorder
            .insert_events(vec![event(&uuid(1), version), event(&uuid(2), version)])
            .await);
    }
    select::combinations(&*recorder, &uuid(1), &[2, 4, 5]).await;
}

pub(super) async fn invalid_ones_are_refused(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let text = |text| OriginatorId::from(text);
    let invalid = [
        event(&uuid(1), 0),
        event(&uuid(1), i64::MAX as u64 + 1),
        event(&text(""), 1),
        event(&text("a\0"), 1),
        event_of(&uuid(1), 1, ""),
        event_of(&uuid(1), 1, "a\0"),
    ];
    for invalid in invalid {
        let call = vec![event(&uuid(2), 1), invalid];
        assert_eq!(refusal(recorder.insert_events(call).await), RecorderErrorKind::Invalid);
        assert_eq!(stream(&*recorder, &uuid(2)).await, []);
    }
}

pub(super) async fn one_of_many_of_the_same_version_wins(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let start = Arc::new(Barrier::new(8));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
        writers.spawn(async move {
            let own = event_with(&uuid(1), 5, vec![writer]);
            start.wait().await;
            won(
                recorder.insert_events(vec![own.clone()]).await,
                &conflict(&uuid(1), 5, 5),
            )
            .then_some(own)
        });
    }
    let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1, "writers that stored version 5");
    assert_eq!(stream(&*recorder, &uuid(1)).await, winners);
}
