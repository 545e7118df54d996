//! How soon a subscription that waits hears of a commit. The bounds are far above what is usual: busy machines are slow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{ApplicationRecorder, Selection, Subscription};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, time::sleep};

use crate::store::{environment, event, open};

/// The time from a commit by `writer` until a subscription to `reader`, which has been waiting, has the event: the median.
async fn delay(writer: &dyn ApplicationRecorder, reader: Arc<dyn ApplicationRecorder>) -> Duration {
    let mut subscription = Subscription::new(reader, Selection::all());
    let (heard, mut hearings) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while subscription.next().await.is_some() {
            heard.send(Instant::now()).unwrap();
        }
    });
    let mut delays = Vec::new();
    for version in 1..=9 {
        // Long enough for the subscription to find nothing and wait.
        sleep(Duration::from_millis(70)).await;
        writer.insert_events(vec![event(1, version)]).await.unwrap();
        let stored = Instant::now();
        delays.push(hearings.recv().await.unwrap().saturating_duration_since(stored));
    }
    delays.sort_unstable();
    println!("{delays:?}");
    delays[delays.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_this_process_is_heard_without_waiting_for_a_poll() {
    let store = open().await;
    let median = delay(store.recorder.as_ref(), Arc::clone(&store.recorder)).await;
    // A poll comes every 50 ms, so that it would take about 25.
    assert!(median < Duration::from_millis(10), "{median:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_another_process_is_heard_soon() {
    let store = open().await;
    // A second datastore on the file knows nothing of the first, as another process does not.
    let other = es_sqlite::factory().open(&environment(&store.folder)).await.unwrap();
    let writer = other.application_recorder().await.unwrap();
    let median = delay(writer.as_ref(), Arc::clone(&store.recorder)).await;
    assert!(median < Duration::from_millis(100), "{median:?}");
}
