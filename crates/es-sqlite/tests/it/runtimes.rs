//! What runs the store, and when it ends.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use es_persistence::{DatastoreError, RecorderErrorKind, Selection, Subscription};
use futures_util::{StreamExt as _, future::join_all};

use crate::store::{close, event, events, open, try_open};

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for `future` without a runtime.
fn wait<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[test]
fn without_a_runtime_a_store_cannot_be_opened() {
    let opened = wait(try_open(tempfile::tempdir().unwrap()));
    let Err(DatastoreError::Recorder(error)) = opened.map(|_| ()) else {
        panic!("it was opened")
    };
    let cause = error.to_string();
    assert!(cause.contains("no reactor running"), "{cause}");
}

#[test]
fn an_open_store_is_used_from_anywhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let store = runtime.block_on(open());
    let recorder = Arc::clone(&store.recorder);
    let (first, second) = (
        recorder.insert_events(events(1, 2000)),
        recorder.insert_events(events(2, 1)),
    );
    assert_eq!(wait(first).unwrap().len(), 2000);
    assert_eq!(wait(second).unwrap(), [2001]);
    let log = wait(recorder.select_notifications(Selection::all()));
    assert_eq!(log.unwrap().notifications.len(), 2001);
    let saves = (3..20).map(|aggregate| recorder.insert_events(vec![event(aggregate, 1)]));
    assert!(wait(join_all(saves)).iter().all(Result::is_ok));
    wait(close(store));
}

#[test]
#[should_panic(expected = "timers are disabled")]
fn a_runtime_without_timers_is_a_mistake_that_is_seen_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { drop(open().await) });
}

#[tokio::test]
async fn after_the_end_saves_and_reads_say_that_the_store_is_closed() {
    let store = open().await;
    store.datastore.close().await;
    let saved = store.recorder.insert_events(events(1, 1)).await.unwrap_err();
    assert_eq!(*saved.kind(), RecorderErrorKind::Closed);
    assert_eq!(saved.to_string(), "SQLite could not store events: the store is closed");
    let read = store.recorder.max_position().await.unwrap_err();
    assert_eq!(
        read.to_string(),
        "SQLite could not read the last position: the store is closed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_saved_while_the_store_was_closing_is_there_and_nothing_else() {
    let store = open().await;
    let saves = (1..=300).map(|aggregate| {
        let recorder = Arc::clone(&store.recorder);
        tokio::spawn(async move { recorder.insert_events(vec![event(aggregate, 1)]).await })
    });
    let saves: Vec<_> = saves.collect();
    let folder = close(store).await;
    let outcomes = join_all(saves).await;
    let stored = outcomes.iter().filter(|saved| matches!(saved, Ok(Ok(_)))).count();
    let store = try_open(folder).await.unwrap();
    let last = store.recorder.max_position().await.unwrap().unwrap_or(0);
    assert_eq!(last, stored as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_ends_subscriptions_and_waits_for_reads_and_leaves_no_log_behind() {
    let store = open().await;
    for aggregate in 1..=4 {
        store.recorder.insert_events(events(aggregate, 2000)).await.unwrap();
    }
    let subscription = Subscription::new(Arc::clone(&store.recorder) as _, Selection::after(0));
    let follower = tokio::spawn(subscription.collect::<Vec<_>>());
    let reads: Vec<_> = (0..16)
        .map(|_| {
            let recorder = Arc::clone(&store.recorder);
            tokio::spawn(async move { recorder.select_notifications(Selection::all()).await })
        })
        .collect();
    // One of them has begun, and is not polled until the store is closed.
    let mut begun = Box::pin(store.recorder.select_notifications(Selection::all()));
    assert!(
        begun
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    store.datastore.close().await;
    let names = std::fs::read_dir(store.folder.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["events.sqlite"], "the write-ahead log is still there");
    assert_eq!(begun.await.unwrap().notifications.len(), 8000);
    for read in join_all(reads).await {
        match read.unwrap() {
            Ok(read) => assert_eq!(read.notifications.len(), 8000),
            Err(error) => assert_eq!(*error.kind(), RecorderErrorKind::Closed),
        }
    }
    let delivered = follower.await.unwrap();
    let end = delivered.last().unwrap().as_ref().unwrap_err();
    assert_eq!(*end.kind(), RecorderErrorKind::Closed);
}
