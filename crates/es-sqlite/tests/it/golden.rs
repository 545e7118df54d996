//! Files of every form that was ever released are read for ever.
//!
//! `ES_BLESS=1` writes the file of the current form; once released, a file is never written again.

use std::{env, fs, path::PathBuf};

use es_persistence::{Notification, Selection, StreamSelection, Tracking};
use uuid::Uuid;

use crate::store::{close, event, events, execute, open, path, try_open};

fn golden(form: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/form{form}.db"))
}

#[tokio::test]
async fn a_file_of_form_1_is_read_and_written_on() {
    if env::var_os("ES_BLESS").is_some() {
        write(golden(1)).await;
    }
    is_read_and_written_on(1).await;
}

#[tokio::test]
async fn a_file_from_before_forms_were_written_down_is_brought_up_to_date() {
    is_read_and_written_on(0).await;
}

async fn is_read_and_written_on(form: u32) {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(golden(form), path(&folder)).unwrap();
    let store = try_open(folder).await.unwrap();
    let read = store.recorder.select_notifications(Selection::all()).await.unwrap();
    let text = es_persistence::StoredEvent {
        originator_id: "sku-1".into(),
        ..event(0, 1)
    };
    let expected = events(1, 2).into_iter().chain([text, event(1, 3)]);
    let expected = expected
        .zip(1..)
        .map(|(event, position)| Notification { position, event });
    assert_eq!(read, expected.collect::<Vec<_>>());

    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    let latest = StreamSelection::of(event(1, 2).originator_id).descending().limit(1);
    assert_eq!(snapshots.select_events(latest).await.unwrap(), [event(1, 2)]);

    let tracking = store.datastore.tracking_recorder().await.unwrap();
    let last = tracking.last_tracking("shop".into()).await.unwrap();
    assert_eq!(last, Some(Tracking::new("shop", 7).with_event_id(Uuid::from_u128(9))));

    assert_eq!(store.recorder.insert_events(vec![event(1, 4)]).await.unwrap(), [5]);
    let folder = close(store).await;
    assert_eq!(
        execute(
            &folder,
            "UPDATE es_schema SET form = 1 WHERE form = 1 AND application = 'bank'"
        )
        .unwrap(),
        1
    );
}

async fn write(golden: PathBuf) {
    let store = open().await;
    let text = es_persistence::StoredEvent {
        originator_id: "sku-1".into(),
        ..event(0, 1)
    };
    store.recorder.insert_events(events(1, 2)).await.unwrap();
    store.recorder.insert_events(vec![text, event(1, 3)]).await.unwrap();
    let snapshots = store.datastore.snapshot_recorder().await.unwrap();
    snapshots.insert_events(vec![event(1, 2)]).await.unwrap();
    let tracking = store.datastore.tracking_recorder().await.unwrap();
    tracking
        .insert_tracking(Tracking::new("shop", 7).with_event_id(Uuid::from_u128(9)))
        .await
        .unwrap();
    let folder = close(store).await;
    execute(&folder, "VACUUM").unwrap();
    fs::create_dir_all(golden.parent().unwrap()).unwrap();
    fs::copy(path(&folder), golden).unwrap();
}
