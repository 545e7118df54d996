//! A damaged file: an error that names the row, or what was stored; never a panic, and never without end.

use std::fs;

use es_persistence::{RecorderErrorKind, Selection, StoredSnapshot, StreamSelection, Tracking, TrackingKey};
use sqlx::Executor as _;

use crate::store::{close, environment, event, events, open, path, try_open};

const FLIPS: usize = 300;

#[tokio::test]
async fn flipped_bits_are_an_error_or_read_and_never_a_panic() {
    let store = open().await;
    for aggregate in 1..=20 {
        store.recorder.insert_events(events(aggregate, 5)).await.unwrap();
    }
    let folder = close(store).await;
    let sound = fs::read(path(&folder)).unwrap();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut errors = 0;
    for _ in 0..FLIPS {
        let mut bytes = sound.clone();
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(..8);
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(&folder), bytes).unwrap();
        errors += usize::from(read_all(folder).await.is_err());
    }
    assert!(errors > 0, "no flip was noticed, seed {seed}");
}

async fn read_all(folder: tempfile::TempDir) -> Result<(), Box<dyn std::error::Error>> {
    let store = try_open(folder).await?;
    store.recorder.select_notifications(Selection::all()).await?;
    store
        .recorder
        .select_events(StreamSelection::of(event(7, 1).originator_id))
        .await?;
    store.recorder.max_position().await?;
    store.recorder.insert_events(events(100, 1)).await?;
    store.datastore.close().await;
    Ok(())
}

#[tokio::test]
async fn a_truncated_file_is_an_error() {
    let store = open().await;
    store.recorder.insert_events(events(1, 200)).await.unwrap();
    let folder = close(store).await;
    let sound = fs::read(path(&folder)).unwrap();
    fs::write(path(&folder), &sound[..sound.len() / 2]).unwrap();
    let error = read_all(folder).await.unwrap_err();
    assert!(error.to_string().contains("stored data is damaged"), "{error}");
}

/// What is read of a file in which somebody else has changed a row.
async fn fault_after(change: &'static str, read: Read) -> String {
    let store = open().await;
    store.recorder.insert_events(events(1, 3)).await.unwrap();
    let id = event(1, 1).originator_id;
    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    let snapshot = StoredSnapshot::new(id.clone(), 2, "Account", b"{}".to_vec());
    snapshots.insert_snapshots(vec![snapshot]).await.unwrap();
    let recorder = store.datastore.tracking_recorder().await.unwrap();
    let key = TrackingKey::new("balances", "shop");
    recorder.insert_tracking(Tracking::of(key.clone(), 7)).await.unwrap();
    let folder = close(store).await;
    let change = async |connection: &mut sqlx::SqliteConnection| connection.execute(change).await.map(drop);
    es_sqlite::maintain(&environment(&folder), change).await.unwrap();

    let store = try_open(folder).await.unwrap();
    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    let recorder = store.datastore.tracking_recorder().await.unwrap();
    let error = match read {
        Read::Log => store.recorder.select_notifications(Selection::all()).await.unwrap_err(),
        Read::Stream => store.recorder.select_events(StreamSelection::of(id)).await.unwrap_err(),
        Read::Snapshots => snapshots.select_snapshots(StreamSelection::of(id)).await.unwrap_err(),
        Read::SnapshotStream => snapshots.select_stream(id, 9, 9).await.unwrap_err(),
        Read::Tracking => recorder.last_tracking(key).await.unwrap_err(),
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Corrupt, "{error:?}");
    error.cause().unwrap().to_string()
}

#[derive(Clone, Copy)]
enum Read {
    Log,
    Stream,
    Snapshots,
    SnapshotStream,
    Tracking,
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of damages")]
async fn a_damaged_row_is_named_and_not_quoted() {
    let event = "the event at position 2 of bank_events is damaged: its";
    let snapshot = "the snapshot of version 2 of aggregate 00000000-0000-0000-0000-000000000001 in bank_snapshots is \
                    damaged: its";
    let tracking = "the position of \"shop\" by \"balances\" in bank_tracking is damaged: its";
    for (change, read, row, fault) in [
        (
            "UPDATE bank_events SET originator_id = 42 WHERE position = 2",
            Read::Log,
            event,
            "originator_id is neither a UUID nor text",
        ),
        (
            "UPDATE bank_events SET originator_id = x'2a' WHERE position = 2",
            Read::Log,
            event,
            "originator_id is not a UUID of 16 bytes",
        ),
        (
            "UPDATE bank_events SET originator_version = -2 WHERE position = 2",
            Read::Log,
            event,
            "originator_version is not a number above 0",
        ),
        (
            "UPDATE bank_events SET topic = CAST(x'53ff' AS TEXT) WHERE position = 2",
            Read::Log,
            event,
            "topic is not UTF-8",
        ),
        (
            "UPDATE bank_events SET topic = CAST(x'53ff' AS TEXT) WHERE position = 2",
            Read::Stream,
            event,
            "topic is not UTF-8",
        ),
        (
            "UPDATE bank_events SET topic = CAST(x'53ff' AS TEXT) WHERE position = 2",
            Read::SnapshotStream,
            event,
            "topic is not UTF-8",
        ),
        (
            "UPDATE bank_events SET event_id = x'2a' WHERE position = 2",
            Read::Stream,
            event,
            "event_id is not a UUID of 16 bytes",
        ),
        (
            "UPDATE bank_events SET timestamp = 9223372036854775807 WHERE position = 2",
            Read::Stream,
            event,
            "timestamp is not a number of microseconds in the years 1 to 9999",
        ),
        (
            "UPDATE bank_events SET schema_version = 70000 WHERE position = 2",
            Read::Stream,
            event,
            "schema_version is not between 1 and 32767",
        ),
        (
            "UPDATE bank_snapshots SET schema_version = 0",
            Read::Snapshots,
            snapshot,
            "schema_version is not between 1 and 32767",
        ),
        (
            "UPDATE bank_snapshots SET topic = CAST(x'53ff' AS TEXT)",
            Read::SnapshotStream,
            snapshot,
            "topic is not UTF-8",
        ),
        (
            "UPDATE bank_tracking SET position = -7",
            Read::Tracking,
            tracking,
            "position is not a number above 0",
        ),
        (
            "UPDATE bank_tracking SET fence = -7",
            Read::Tracking,
            tracking,
            "fence is not a number from 0",
        ),
        (
            "UPDATE bank_tracking SET event_id = x'2a'",
            Read::Tracking,
            tracking,
            "event_id is not a UUID of 16 bytes",
        ),
    ] {
        assert_eq!(fault_after(change, read).await, format!("{row} {fault}"), "{change}");
    }
}
