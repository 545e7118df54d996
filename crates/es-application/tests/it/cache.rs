//! Aggregates that are kept in memory.

use es_application::prelude::*;
use es_domain::prelude::*;
use futures_util::future::join_all;

use crate::{
    bank::Account,
    counter::{Counter, applying},
    stores,
};

/// What cannot be copied.
#[derive(Aggregate, Debug, Default)]
struct Unique {
    root: Root<Self>,
}

#[events]
impl Unique {
    #[event(Made)]
    fn make() -> Self {
        Self::default()
    }
}

/// A shelf whose event changes the state before it fails.
#[derive(Aggregate, Clone, Debug, Default)]
struct Shelf {
    root: Root<Self>,
    items: u32,
}

#[events]
impl Shelf {
    #[event]
    fn built() -> Self {
        Self::default()
    }

    #[event]
    fn filled(&mut self, items: u32) -> Result<(), String> {
        self.items += items;
        if items > 3 { Err("too many".to_owned()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_state_that_may_be_wrong_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [app, _] = two(&folder, "10", "n").await;
    let mut shelf = Shelf::built();
    shelf.filled(1).unwrap();
    app.save(&mut shelf).await.unwrap();
    shelf.filled(7).unwrap_err();
    shelf.filled(1).unwrap();
    app.save(&mut shelf).await.unwrap();
    assert_eq!(shelf.items, 9);
    assert_eq!(app.repository().get(shelf.id()).await.unwrap().items, 2);
}

/// Two applications on one file, as in two processes, with a cache of `size`.
async fn two(folder: &tempfile::TempDir, size: &str, fast_forward: &str) -> [Application; 2] {
    let environment = stores::sqlite(folder)
        .with("AGGREGATE_CACHE_MAXSIZE", size)
        .with("AGGREGATE_CACHE_FASTFORWARD", fast_forward);
    [stores::open(environment.clone()).await, stores::open(environment).await]
}

/// A counter of three events.
async fn saved(app: &Application) -> Counter {
    let mut counter = Counter::start();
    counter.count();
    counter.count();
    app.save(&mut counter).await.unwrap();
    counter
}

#[tokio::test]
async fn what_is_kept_is_brought_up_to_date_by_the_events_that_have_come_since() {
    let folder = tempfile::tempdir().unwrap();
    let [app, other] = two(&folder, "10", "y").await;
    let counter = saved(&app).await;
    let id = counter.id();
    assert_eq!(applying(app.repository().get(id)).await.1, 0);
    other.execute(id, Counter::count).await.unwrap();
    let (read, applied) = applying(app.repository().get(id)).await;
    assert_eq!((read.unwrap().count, applied), (3, 1));
    let (read, applied) = applying(app.repository().get(id)).await;
    assert_eq!((read.unwrap().count, applied), (3, 0));
    // What somebody does to a copy is nobody else's business.
    let mut copy = app.repository().get(id).await.unwrap();
    copy.count();
    assert_eq!(app.repository().get(id).await.unwrap().count, 3);
    // What was is read as it was.
    assert_eq!(applying(app.repository().get_at(id, 2)).await.1, 2);
}

#[tokio::test]
async fn a_life_that_another_process_has_ended_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let [app, other] = two(&folder, "0", "y").await;
    let counter = saved(&app).await;
    other.execute(counter.id(), Counter::stop).await.unwrap();
    for _ in 0..2 {
        assert!(app.repository().get(counter.id()).await.unwrap_err().is_not_found());
    }
    assert!(other.repository().get(counter.id()).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn without_fast_forwarding_a_late_copy_is_a_conflict_once() {
    let folder = tempfile::tempdir().unwrap();
    let [app, other] = two(&folder, "10", "n").await;
    let counter = saved(&app).await;
    let id = counter.id();
    other.execute(id, Counter::count).await.unwrap();
    let mut late = app.repository().get(id).await.unwrap();
    assert_eq!(late.count, 2);
    late.count();
    assert!(app.save(&mut late).await.unwrap_err().conflict().is_some());
    assert_eq!(app.repository().get(id).await.unwrap().count, 3);
    // A command is repeated, and finds it as it is.
    other.execute(id, Counter::count).await.unwrap();
    app.execute(id, Counter::count).await.unwrap();
    assert_eq!(app.repository().get(id).await.unwrap().count, 5);
}

#[tokio::test]
async fn what_is_used_least_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let [app, _] = two(&folder, "2", "y").await;
    let counters = [saved(&app).await, saved(&app).await, saved(&app).await];
    let applied = [
        applying(app.repository().get(counters[2].id())).await.1,
        applying(app.repository().get(counters[1].id())).await.1,
        applying(app.repository().get(counters[0].id())).await.1,
        applying(app.repository().get(counters[2].id())).await.1,
    ];
    assert_eq!(applied, [0, 0, 3, 3]);
}

#[tokio::test]
async fn what_is_forgotten_is_read_anew_and_an_older_copy_replaces_no_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let [app, _] = two(&folder, "10", "n").await;
    let mut counter = saved(&app).await;
    let mut before = counter.clone();
    counter.count();
    app.save(&mut counter).await.unwrap();
    // Nothing pending: nothing is saved, and the older state does not get into the cache.
    app.save(&mut before).await.unwrap();
    let (read, applied) = applying(app.repository().get(counter.id())).await;
    assert_eq!((read.unwrap().count, applied), (3, 0));
    app.repository().forget(counter.id());
    app.repository().forget(Id::<Counter>::new());
    let (read, applied) = applying(app.repository().get(counter.id())).await;
    assert_eq!((read.unwrap().count, applied), (3, 4));
}

#[tokio::test]
async fn what_cannot_be_copied_is_read_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let [app, _] = two(&folder, "10", "n").await;
    let mut unique = Unique::make();
    app.save(&mut unique).await.unwrap();
    assert_eq!(app.repository().get(unique.id()).await.unwrap().version(), 1);
}

#[tokio::test]
async fn a_size_that_is_no_number_is_an_error() {
    let environment = Environment::new("Bank").with("AGGREGATE_CACHE_MAXSIZE", "some");
    let error = Application::builder("Bank").environment(environment).open().await;
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("AGGREGATE_CACHE_MAXSIZE"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_many_use_one_copy() {
    let folder = tempfile::tempdir().unwrap();
    for fast_forward in ["y", "n"] {
        let apps = two(&folder, "10", fast_forward).await;
        let mut account = Account::open("Ann");
        apps[0].save(&mut account).await.unwrap();
        let id = account.id();
        let tasks = (0..40).map(|task| {
            let app = apps[task % 2].clone();
            tokio::spawn(async move { app.execute(id, |account| account.deposit(1)).await })
        });
        let deposited = join_all(tasks.collect::<Vec<_>>()).await;
        let deposited = deposited
            .into_iter()
            .filter(|task| task.as_ref().unwrap().is_ok())
            .count();
        assert!(deposited > 10, "{deposited}");
        let read = apps[0].repository().get_at(id, u64::MAX).await.unwrap();
        assert_eq!(read.balance(), i64::try_from(deposited).unwrap());
    }
}
