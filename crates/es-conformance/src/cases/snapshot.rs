//! Snapshots: stored by aggregate and version, replaced, deleted, and read with the events that follow.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use es_persistence::{
    OriginatorId, RecorderErrorKind, SnapshotDeletion, SnapshotRecorder, SnapshotStream, StoredEvent, StoredSnapshot,
    StreamSelection,
};
use tokio::{
    sync::Barrier,
    task::{self, JoinSet},
};

use super::select;
use crate::{
    assertion::{ok, refusal},
    fixture::Fixture,
    reading::snapshots_of,
    sample::{HOSTILE, TIMES, all_bytes, events, snapshot, snapshot_of, snapshot_with, snapshots, time, uuid},
};

pub(super) async fn there_are_none_at_first(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    ok(recorder.insert_snapshots(Vec::new()).await);
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, []);
    assert_eq!(stream(&*recorder, &uuid(1), u64::MAX).await, SnapshotStream::default());
}

pub(super) async fn keeps_every_byte(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let id = uuid(0xab);
    let text = OriginatorId::from(id.to_string().as_str());
    let large: Vec<u8> = all_bytes().cycle().take(1024 * 1024).collect();
    let mut given: Vec<StoredSnapshot> = Vec::new();
    for bytes in [
        all_bytes().collect(),
        Vec::new(),
        vec![0],
        b"\xff\xfe\0\n".to_vec(),
        large,
    ] {
        given.push(snapshot_with(&id, given.len() as u64 + 1, bytes.clone()));
        given.push(snapshot(&id, given.len() as u64 + 1).with_hash(Some(bytes)));
    }
    for at in TIMES {
        given.push(
            snapshot(&id, given.len() as u64 + 1)
                .with_timestamp(time(at))
                .with_hash(None),
        );
    }
    for version in [1, 2, 255, 256, 32_767] {
        given.push(snapshot(&id, given.len() as u64 + 1).with_schema_version(version));
    }
    given.push(snapshot(&text, 1));
    given.extend(HOSTILE.map(|hostile| snapshot_of(&OriginatorId::from(hostile), 1, hostile)));
    let (alone, together) = given.split_at(4);
    for snapshot in alone {
        ok(recorder.insert_snapshots(vec![snapshot.clone()]).await);
    }
    ok(recorder.insert_snapshots(together.to_vec()).await);
    for snapshot in given {
        let version = snapshot.originator_version;
        let selection = StreamSelection::of(snapshot.originator_id.clone())
            .after(version - 1)
            .up_to(version);
        assert_eq!(ok(recorder.select_snapshots(selection).await), [snapshot]);
    }
}

pub(super) async fn versions_may_be_skipped(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let versions = [3, 10, 11, 5000, i64::MAX as u64];
    for version in versions {
        ok(recorder.insert_snapshots(vec![snapshot(&uuid(1), version)]).await);
    }
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, snapshots(&uuid(1), versions));
}

pub(super) async fn are_ordered_by_version_not_by_insertion(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for call in [vec![2, 9], vec![5], vec![1, 12, 3]] {
        ok(recorder.insert_snapshots(snapshots(&uuid(1), call)).await);
    }
    let mut expected = snapshots(&uuid(1), [1, 2, 3, 5, 9, 12]);
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, expected);
    expected.reverse();
    let descending = StreamSelection::of(uuid(1)).descending();
    assert_eq!(ok(recorder.select_snapshots(descending).await), expected);
}

pub(super) async fn the_latest_is_the_first_descending(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for version in [4, 8, 6] {
        let call = vec![snapshot(&uuid(1), version), snapshot(&uuid(2), version + 100)];
        ok(recorder.insert_snapshots(call).await);
    }
    for (up_to, latest) in [
        (3, None),
        (4, Some(4)),
        (5, Some(4)),
        (7, Some(6)),
        (8, Some(8)),
        (u64::MAX, Some(8)),
    ] {
        let selection = StreamSelection::of(uuid(1)).up_to(up_to).descending().limit(1);
        let read = ok(recorder.select_snapshots(selection).await);
        assert_eq!(read, snapshots(&uuid(1), latest), "up to {up_to}");
    }
}

pub(super) async fn every_selection_is_by_version(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    for version in [5, 2, 4] {
        let call = vec![snapshot(&uuid(1), version), snapshot(&uuid(2), version)];
        ok(recorder.insert_snapshots(call).await);
    }
    for (selection, versions) in select::combinations(&uuid(1), &[2, 4, 5]) {
        let read = ok(recorder.select_snapshots(selection.clone()).await);
        assert_eq!(read, snapshots(&uuid(1), versions), "{selection:?}");
    }
}

pub(super) async fn one_replaces_another_of_the_same_version(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let id = uuid(1);
    ok(recorder.insert_snapshots(snapshots(&id, [3, 7])).await);
    ok(recorder.insert_snapshots(snapshots(&id, [3, 7])).await);
    assert_eq!(snapshots_of(&*recorder, &id).await, snapshots(&id, [3, 7]));
    for replaced in [3, 7] {
        // Every column of the other one differs.
        let other = snapshot_of(&id, replaced, "Other")
            .with_timestamp(time(TIMES[0]))
            .with_schema_version(9)
            .with_hash(Some(b"other".to_vec()));
        let call = vec![other.clone(), snapshot(&uuid(2), replaced)];
        ok(recorder.insert_snapshots(call).await);
        let selection = StreamSelection::of(id.clone()).after(replaced - 1).up_to(replaced);
        assert_eq!(ok(recorder.select_snapshots(selection).await), [other]);
        assert_eq!(snapshots_of(&*recorder, &id).await.len(), 2);
    }
}

pub(super) async fn the_last_of_a_version_in_one_call_stays(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let of = |state: &[u8]| snapshot_with(&uuid(1), 4, state.to_vec());
    let call = vec![of(b"first"), snapshot(&uuid(2), 4), of(b"second"), of(b"last")];
    ok(recorder.insert_snapshots(call).await);
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, [of(b"last")]);
    assert_eq!(snapshots_of(&*recorder, &uuid(2)).await, [snapshot(&uuid(2), 4)]);
}

pub(super) async fn many_of_the_same_version_do_not_conflict(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let start = Arc::new(Barrier::new(8));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
        writers.spawn(async move {
            let mut call = vec![
                snapshot_with(&uuid(1), 5, vec![writer]),
                snapshot_with(&uuid(2), 5, vec![writer]),
            ];
            if writer % 2 == 0 {
                // Two calls that replace the same rows in different orders must not block each other.
                call.reverse();
            }
            start.wait().await;
            ok(recorder.insert_snapshots(call).await);
        });
    }
    fixture.within("all writers have ended", writers.join_all()).await;
    let one = snapshots_of(&*recorder, &uuid(1)).await;
    assert_eq!(one.len(), 1);
    let written = (0..8).map(|writer| snapshot_with(&uuid(1), 5, vec![writer]));
    assert!(written.into_iter().any(|snapshot| snapshot == one[0]), "{one:?}");
}

pub(super) async fn invalid_ones_are_refused(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let text = |text| OriginatorId::from(text);
    let invalid = [
        snapshot(&uuid(1), 0),
        snapshot(&uuid(1), i64::MAX as u64 + 1),
        snapshot(&text(""), 1),
        snapshot(&text("a\0"), 1),
        snapshot_of(&uuid(1), 1, ""),
        snapshot_of(&uuid(1), 1, "a\0"),
        snapshot(&uuid(1), 1).with_schema_version(0),
        snapshot(&uuid(1), 1).with_schema_version(32_768),
    ];
    for invalid in invalid {
        let call = vec![snapshot(&uuid(2), 1), invalid, snapshot(&uuid(2), 2)];
        assert_eq!(
            refusal(recorder.insert_snapshots(call).await),
            RecorderErrorKind::Invalid
        );
        assert_eq!(snapshots_of(&*recorder, &uuid(2)).await, []);
    }
}

pub(super) async fn can_be_deleted(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let text = OriginatorId::from(uuid(1).to_string().as_str());
    let ids = [uuid(1), text, uuid(2), OriginatorId::from("it's")];
    for id in &ids {
        ok(recorder.insert_snapshots(snapshots(id, [3, 7])).await);
    }
    for (index, doomed) in ids.iter().enumerate() {
        for _ in 0..2 {
            // The second time there is none to delete, which is no error.
            let deletion = SnapshotDeletion::OfAggregate(doomed.clone());
            ok(recorder.delete_snapshots(deletion).await);
            for (other, id) in ids.iter().enumerate() {
                let expected: &[u64] = if other <= index { &[] } else { &[3, 7] };
                let expected = snapshots(id, expected.iter().copied());
                assert_eq!(snapshots_of(&*recorder, id).await, expected, "{id}");
            }
        }
    }
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [7])).await);
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, snapshots(&uuid(1), [7]));
}

pub(super) async fn are_deleted_by_topic(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    let topics = ["Dog", "dog", "Dogs", "Dog.Puppy", "D%", "it's"];
    let all = || {
        (1..)
            .zip(topics)
            .map(|(version, topic)| snapshot_of(&uuid(1), version, topic))
    };
    ok(recorder.insert_snapshots(all().collect()).await);
    for (index, doomed) in topics.into_iter().enumerate() {
        ok(recorder
            .delete_snapshots(SnapshotDeletion::OfTopic(doomed.to_owned()))
            .await);
        let expected: Vec<_> = all().skip(index + 1).collect();
        assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, expected, "without {doomed}");
    }
    ok(recorder
        .delete_snapshots(SnapshotDeletion::OfTopic("Dog".to_owned()))
        .await);
}

pub(super) async fn a_stream_without_events_has_its_last_snapshot(fixture: &Fixture) {
    let recorder = fixture.snapshots().await;
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [8, 3])).await);
    ok(recorder.insert_snapshots(snapshots(&uuid(2), [9])).await);
    for (up_to, last) in [(2, None), (3, Some(3)), (7, Some(3)), (8, Some(8)), (u64::MAX, Some(8))] {
        let expected = SnapshotStream::new(last.map(|version| snapshot(&uuid(1), version)), Vec::new());
        assert_eq!(stream(&*recorder, &uuid(1), up_to).await, expected, "up to {up_to}");
    }
}

pub(super) async fn a_stream_has_its_snapshot_and_the_events_from_it_on(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    for version in [4, 2] {
        ok(recorder
            .insert_snapshots(vec![snapshot(&uuid(1), version), snapshot(&uuid(2), 5)])
            .await);
        expect(&*recorder, u64::MAX, Some(4), 4..=6).await;
    }
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [6])).await);
    expect(&*recorder, u64::MAX, Some(6), 6..=6).await;
    // A snapshot without its event, which was lost or forged: the caller sees that the event is missing.
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [8])).await);
    let read = stream(&*recorder, &uuid(1), u64::MAX).await;
    assert_eq!(read, SnapshotStream::new(Some(snapshot(&uuid(1), 8)), Vec::new()));
}

pub(super) async fn a_stream_without_snapshot_has_all_events(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    ok(recorder.insert_snapshots(snapshots(&uuid(2), [5])).await);
    expect(&*recorder, u64::MAX, None, 1..=6).await;
    expect(&*recorder, 3, None, 1..=3).await;
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [4])).await);
    ok(recorder.delete_snapshots(SnapshotDeletion::OfAggregate(uuid(1))).await);
    expect(&*recorder, u64::MAX, None, 1..=6).await;
    let read = stream(&*recorder, &uuid(99), u64::MAX).await;
    assert_eq!(read, SnapshotStream::default(), "of an unknown aggregate");
}

pub(super) async fn a_stream_ends_where_it_is_asked_to(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [2, 4])).await);
    assert_eq!(stream(&*recorder, &uuid(1), 0).await, SnapshotStream::default());
    expect(&*recorder, 1, None, 1..=1).await;
    expect(&*recorder, 2, Some(2), 2..=2).await;
    expect(&*recorder, 3, Some(2), 2..=3).await;
    expect(&*recorder, 5, Some(4), 4..=5).await;
    expect(&*recorder, 100, Some(4), 4..=6).await;
    expect(&*recorder, i64::MAX as u64 + 1, Some(4), 4..=6).await;
    for limit in 0..=4 {
        let read = ok(recorder.select_stream(uuid(1), u64::MAX, limit).await);
        let last = (3 + limit as u64).min(6);
        let expected = SnapshotStream::new(Some(snapshot(&uuid(1), 4)), events(&uuid(1), 4..=last));
        assert_eq!(read, expected, "at most {limit} events");
    }
}

pub(super) async fn a_stream_is_read_as_of_one_moment(fixture: &Fixture) {
    let (application, recorder) = (fixture.application().await, fixture.snapshots().await);
    let done = Arc::new(AtomicBool::new(false));
    // Nothing is stored before every reader runs.
    let begun = Arc::new(Barrier::new(3));
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let (recorder, done, begun) = (fixture.snapshots().await, Arc::clone(&done), Arc::clone(&begun));
        readers.spawn(async move {
            begun.wait().await;
            while !done.load(Ordering::SeqCst) {
                is_whole(&stream(&*recorder, &uuid(1), u64::MAX).await);
                task::yield_now().await;
            }
        });
    }
    begun.wait().await;
    for version in 1..=100 {
        ok(application.insert_events(events(&uuid(1), version..=version)).await);
        ok(recorder.insert_snapshots(snapshots(&uuid(1), [version])).await);
        task::yield_now().await;
    }
    done.store(true, Ordering::SeqCst);
    readers.join_all().await;
    expect(&*recorder, u64::MAX, Some(100), 100..=100).await;
}

/// Expects the events to begin with that of the snapshot, and to have no hole.
fn is_whole(read: &SnapshotStream) {
    let Some(snapshot) = &read.snapshot else {
        return;
    };
    let versions = |events: &[StoredEvent]| events.iter().map(|event| event.originator_version).collect::<Vec<_>>();
    let first = snapshot.originator_version;
    let expected: Vec<_> = (first..).take(read.events.len().max(1)).collect();
    assert_eq!(versions(&read.events), expected, "the snapshot is of version {first}");
}

/// Stores six events of each of two aggregates, and returns the recorder of snapshots.
async fn with_events(fixture: &Fixture) -> Arc<dyn SnapshotRecorder> {
    let application = fixture.application().await;
    for number in [1, 2] {
        ok(application.insert_events(events(&uuid(number), 1..=6)).await);
    }
    fixture.snapshots().await
}

async fn stream<R: SnapshotRecorder + ?Sized>(recorder: &R, id: &OriginatorId, up_to: u64) -> SnapshotStream {
    ok(recorder.select_stream(id.clone(), up_to, usize::MAX).await)
}

/// Expects the stream of aggregate 1 up to `up_to` to have this snapshot and the events of these versions.
async fn expect<R: SnapshotRecorder + ?Sized>(
    recorder: &R,
    up_to: u64,
    last: Option<u64>,
    versions: RangeInclusive<u64>,
) {
    let last = last.map(|version| snapshot(&uuid(1), version));
    let expected = SnapshotStream::new(last, events(&uuid(1), versions));
    assert_eq!(stream(recorder, &uuid(1), up_to).await, expected, "up to {up_to}");
}
