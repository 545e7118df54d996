//! Files of every form that was ever released are read for ever.
//!
//! `ES_BLESS=1` writes the file of the current form; once released, a file is never written again.

use std::{env, fs, path::PathBuf};

use es_persistence::{Notification, StoredEvent, StoredSnapshot, StreamSelection, Tracking, TrackingKey};
use uuid::Uuid;

use crate::store::{close, event, events, execute, log, open, path, time, try_open};

fn golden(form: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/form{form}.db"))
}

/// An event with a text as ID, and every column set.
fn full() -> StoredEvent {
    StoredEvent::new("sku-1".into(), 1, "Item.Listed", b"{}".to_vec())
        .with_stamp(Uuid::from_u128(77), time())
        .with_schema_version(3)
        .with_metadata(Some(b"{\"by\":\"me\"}".to_vec()))
        .with_hash(Some(vec![1, 2, 3]))
}

fn snapshot() -> StoredSnapshot {
    StoredSnapshot::new(event(1, 2).originator_id, 2, "Account", b"{\"balance\":3}".to_vec())
        .with_timestamp(time())
        .with_schema_version(2)
        .with_hash(Some(vec![4, 5]))
}

fn tracking() -> Tracking {
    let key = TrackingKey::new("balances", "shop");
    Tracking::of(key, 7).with_event_id(Uuid::from_u128(9)).with_fence(2)
}

#[tokio::test]
async fn a_file_of_form_1_is_read_and_written_on() {
    if env::var_os("ES_BLESS").is_some() {
        write(golden(1)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::copy(golden(1), path(&folder)).unwrap();
    let store = try_open(folder).await.unwrap();
    let expected = events(1, 2).into_iter().chain([full(), event(1, 3)]);
    let expected = expected
        .zip(1..)
        .map(|(event, position)| Notification::new(position, event));
    assert_eq!(log(&store).await, expected.collect::<Vec<_>>());

    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    let latest = StreamSelection::of(event(1, 2).originator_id).descending().limit(1);
    assert_eq!(snapshots.select_snapshots(latest).await.unwrap(), [snapshot()]);

    let recorder = store.datastore.tracking_recorder().await.unwrap();
    assert_eq!(recorder.last_tracking(tracking().key).await.unwrap(), Some(tracking()));

    assert_eq!(store.recorder.insert_events(vec![event(1, 4)]).await.unwrap(), [5]);
    let folder = close(store).await;
    let is_form_1 = "UPDATE es_schema SET form = 1 WHERE form = 1 AND application = 'bank'";
    assert_eq!(execute(&folder, is_form_1).unwrap(), 1);
}

async fn write(golden: PathBuf) {
    let store = open().await;
    store.recorder.insert_events(events(1, 2)).await.unwrap();
    store.recorder.insert_events(vec![full(), event(1, 3)]).await.unwrap();
    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    snapshots.insert_snapshots(vec![snapshot()]).await.unwrap();
    let recorder = store.datastore.tracking_recorder().await.unwrap();
    recorder.insert_tracking(tracking()).await.unwrap();
    let folder = close(store).await;
    execute(&folder, "VACUUM").unwrap();
    fs::create_dir_all(golden.parent().unwrap()).unwrap();
    fs::copy(path(&folder), golden).unwrap();
}
