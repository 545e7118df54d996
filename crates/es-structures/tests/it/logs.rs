//! Logs.

use es_domain::{Aggregate as _, Id, Timestamp};
use es_structures::{BucketSize, Collection, EventSourcedLog, Logged, Order, TimeBucketedLog};
use uuid::Uuid;

use crate::stores::{self, Message, message};

fn texts(logged: &[Logged<Message>]) -> Vec<&str> {
    logged.iter().map(|logged| logged.entry.0.as_str()).collect()
}

#[tokio::test]
async fn entries_are_read_in_both_directions_and_by_version() {
    for (app, _folder) in stores::all().await {
        let log = EventSourcedLog::new(&app, Id::new());
        assert!(log.is_empty().await.unwrap());
        assert_eq!(log.first().await.unwrap(), None);
        for (version, text) in (1..).zip(["a", "b", "c"]) {
            assert_eq!(log.append(message(text)).await.unwrap(), version);
        }
        assert_eq!(log.first().await.unwrap().unwrap().entry, message("a"));
        assert_eq!(log.last().await.unwrap().unwrap().version, 3);
        let entries = log.entries(|entries| entries.descending()).await.unwrap();
        assert_eq!(texts(&entries), ["c", "b", "a"]);
        let entries = log.entries(|entries| entries.after(1).up_to(2)).await.unwrap();
        assert_eq!(texts(&entries), ["b"]);
    }
}

#[tokio::test]
async fn an_entry_is_saved_together_with_an_aggregate_or_not_at_all() {
    for (app, _folder) in stores::all().await {
        let log = EventSourcedLog::new(&app, Id::new());
        let mut collection = Collection::create();
        let mut next = log.next(message("created")).await.unwrap();
        app.save((&mut collection, &mut next)).await.unwrap();
        assert_eq!(log.len().await.unwrap(), 1);

        let mut late = log.next_after(0, message("late")).unwrap();
        collection.add("Ann");
        let error = app.save((&mut collection, &mut late)).await.unwrap_err();
        assert_eq!(error.conflict().unwrap().last_version, 1);
        assert_eq!(app.repository().get(collection.id()).await.unwrap().items().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_are_appended_at_once_are_all_there() {
    for (app, _folder) in stores::all().await {
        let log = EventSourcedLog::new(&app, Id::new());
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let log = log.clone();
                tokio::spawn(async move { log.append(message(number.to_string())).await.unwrap() })
            })
            .collect();
        let mut versions = Vec::new();
        for task in tasks {
            versions.push(task.await.unwrap());
        }
        versions.sort_unstable();
        assert_eq!(versions, (1..=8).collect::<Vec<_>>());
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn buckets_of_every_size_are_read_forwards_and_backwards() {
    const TIMES: [&str; 5] = [
        "2016-12-31T23:59:59.5Z",
        "2017-01-01T00:00:00Z",
        "2017-05-03T14:05:59Z",
        "2017-05-03T14:05:59.9Z",
        "2021-05-03T14:05:59Z",
    ];
    for size in BucketSize::ALL {
        for (app, _folder) in stores::all().await {
            let log = TimeBucketedLog::new(&app, Uuid::nil(), size);
            for text in TIMES {
                let append = Box::pin(log.append(message(text)));
                assert_eq!(at(time(text), append).await.unwrap(), time(text));
            }
            let all = log.entries(.., Order::Ascending, 100).await.unwrap();
            assert_eq!(texts(&all), TIMES, "{size}");
            let latest = log.entries(.., Order::Descending, 3).await.unwrap();
            assert_eq!(texts(&latest), [TIMES[4], TIMES[3], TIMES[2]], "{size}");
            let older = log.entries(..latest[2].timestamp, Order::Descending, 100).await.unwrap();
            assert_eq!(texts(&older), [TIMES[1], TIMES[0]], "{size}");
            let between = log.entries(time(TIMES[1])..=time(TIMES[3]), Order::Ascending, 2).await.unwrap();
            assert_eq!(texts(&between), [TIMES[1], TIMES[2]], "{size}");
        }
    }
}

/// Polls `future` with a clock that stands still at `time`.
async fn at<F: Future + Unpin>(time: Timestamp, mut future: F) -> F::Output {
    std::future::poll_fn(|context| es_domain::with_clock(time, || std::pin::Pin::new(&mut future).poll(context))).await
}
