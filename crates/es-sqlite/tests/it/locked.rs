//! A file that another process keeps locked.

use std::time::{Duration, Instant};

use es_persistence::RecorderErrorKind;

use crate::store::{close, environment, events, open, path};

#[tokio::test]
async fn a_save_waits_for_one_time_out_and_works_when_the_lock_is_gone() {
    let folder = close(open().await).await;
    let environment = environment(&folder).with("SQLITE_LOCK_TIMEOUT", "1");
    let datastore = es_sqlite::factory().open(&environment).await.unwrap();
    let recorder = datastore.application_recorder().await.unwrap();

    let other = rusqlite::Connection::open(path(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let error = recorder.insert_events(events(1, 1)).await.unwrap_err();
    assert_eq!(error.kind(), &RecorderErrorKind::Unavailable);
    assert!(error.is_retryable());
    // Once, and not ten times.
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&start.elapsed()));

    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(recorder.insert_events(events(1, 1)).await.unwrap(), [1]);
}
