//! States that are kept.

use es_application::{ApplicationBuilder, prelude::*};
use es_domain::prelude::*;
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    counter::{Counter, applying},
    stores,
};

/// A counter at `version` that is saved event by event.
async fn counter(app: &Application, version: u64) -> Counter {
    let mut counter = Counter::start();
    app.save(&mut counter).await.unwrap();
    for _ in 1..version {
        counter.count();
        app.save(&mut counter).await.unwrap();
    }
    counter
}

/// The counter as it was at `version`, and how many events were applied to bring it there.
async fn applied_at(app: &Application, id: Id<Counter>, version: u64) -> (Counter, u64) {
    let (counter, applied) = applying(app.repository().get_at(id, version)).await;
    (counter.unwrap(), applied)
}

/// Fresh applications that keep snapshots.
async fn all(snapshot_every: u64) -> Vec<stores::Opened> {
    let environment = |environment: Environment| environment.with("IS_SNAPSHOTTING_ENABLED", "y");
    let builder = |builder: ApplicationBuilder| {
        let builder = builder.snapshot_every::<Counter>(snapshot_every);
        // However slow the machine is.
        builder.snapshot_wait(std::time::Duration::from_mins(1))
    };
    stores::all_with(environment, builder).await
}

#[tokio::test]
async fn readings_begin_at_the_last_snapshot_before_the_version() {
    for store in all(0).await {
        let app = &store.app;
        let last = counter(app, 7).await;
        let id = last.id();
        assert_eq!(applied_at(app, id, u64::MAX).await, (last.clone(), 7));
        assert_eq!(app.take_snapshot_at(id, 3).await.unwrap(), 3);
        assert_eq!(app.take_snapshot_at(id, 5).await.unwrap(), 5);
        assert_eq!(applied_at(app, id, u64::MAX).await, (last.clone(), 2));
        assert_eq!(applied_at(app, id, 2).await.1, 2);
        assert_eq!(applied_at(app, id, 4).await.1, 1);
        assert_eq!(applied_at(app, id, 5).await.1, 0);
        assert_eq!(app.take_snapshot(id).await.unwrap(), 7);
        assert_eq!(app.take_snapshot(id).await.unwrap(), 7, "once more changes nothing");
        assert_eq!(applied_at(app, id, u64::MAX).await, (last, 0));
    }
}

#[tokio::test]
async fn a_chain_goes_on_after_a_snapshot() {
    for store in all(0).await {
        let app = &store.app;
        let id = counter(app, 3).await.id();
        app.take_snapshot(id).await.unwrap();
        app.execute(id, Counter::count).await.unwrap();
        let read = app.repository().get(id).await.unwrap();
        assert_eq!(read.count, 3);
        let replayed = app.repository().get_at(id, 2).await.unwrap();
        assert_ne!(replayed.head(), read.head());
        assert!(read.head().is_some());
    }
}

#[tokio::test]
async fn a_save_that_completes_an_interval_takes_a_snapshot() {
    for store in all(3).await {
        let app = &store.app;
        let mut last = counter(app, 7).await;
        assert_eq!(applied_at(app, last.id(), u64::MAX).await.1, 1);
        // Two intervals at once are one snapshot, of the state after both.
        (0..6).for_each(|_| last.count());
        app.save(&mut last).await.unwrap();
        assert_eq!(applied_at(app, last.id(), u64::MAX).await, (last, 0));
    }
}

#[tokio::test]
async fn the_end_of_a_life_is_not_kept_and_hides_what_was() {
    for store in all(2).await {
        let app = &store.app;
        let mut last = counter(app, 3).await;
        last.stop();
        app.save(&mut last).await.unwrap();
        assert!(app.repository().get(last.id()).await.unwrap_err().is_not_found());
        assert!(app.take_snapshot(last.id()).await.unwrap_err().is_not_found());
        assert_eq!(app.repository().get_at(last.id(), 3).await.unwrap().count, 2);
    }
}

#[tokio::test]
async fn without_the_setting_there_are_no_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let open = |environment| Application::builder("Bank").environment(environment).open();
    let app = open(Environment::new("Bank")).await.unwrap();
    let id = counter(&app, 1).await.id();
    let error = app.take_snapshot(id).await.unwrap_err();
    assert!(error.to_string().contains("IS_SNAPSHOTTING_ENABLED"), "{error}");
    // What the environment says goes before what the program says.
    let off = stores::sqlite(&folder).with("IS_SNAPSHOTTING_ENABLED", "n");
    let builder = Application::builder("Bank").persistence([es_sqlite::factory()]);
    let app = builder
        .environment(off)
        .snapshot_every::<Counter>(1)
        .open()
        .await
        .unwrap();
    let id = counter(&app, 2).await.id();
    app.take_snapshot(id).await.unwrap_err();
    let wrong = Environment::new("Bank").with("IS_SNAPSHOTTING_ENABLED", "perhaps");
    let error = open(wrong).await.unwrap_err();
    assert!(error.to_string().contains("IS_SNAPSHOTTING_ENABLED"), "{error}");
}

#[tokio::test]
async fn a_snapshot_that_no_longer_fits_is_left_out() {
    /// The same counter in a later version of the program.
    #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    #[aggregate(topic = "Counter", hash_chain)]
    struct Renamed {
        root: Root<Self>,
        total: u64,
    }

    #[events]
    impl Renamed {
        #[event(Started)]
        fn start() -> Self {
            Self::default()
        }

        #[event(Counted)]
        fn count(&mut self) {
            self.total += 1;
        }
    }

    let mut renamed = Renamed::start();
    renamed.count();
    for store in all(2).await {
        let id = counter(&store.app, 5).await.id();
        let id = Id::<Renamed>::from_uuid(id.uuid());
        assert_eq!(store.app.repository().get(id).await.unwrap().total, 4 * renamed.total);
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_taken_does_not_fail_the_save() {
    let folder = tempfile::tempdir().unwrap();
    let environment = stores::sqlite(&folder);
    let builder = Application::builder("Bank").persistence([es_sqlite::factory()]);
    let builder = builder.environment(environment.clone()).snapshot_every::<Counter>(2);
    let app = builder.open().await.unwrap();
    let mut last = counter(&app, 1).await;
    let path = environment.get("SQLITE_DBNAME").unwrap();
    let mut connection = SqliteConnection::connect(path).await.unwrap();
    sqlx::query("DROP TABLE bank_snapshots")
        .execute(&mut connection)
        .await
        .unwrap();
    last.count();
    let recorded = app.save(&mut last).await.unwrap();
    assert_eq!(recorded.len(), 1);
    assert!(last.pending_events().is_empty());
    app.take_snapshot(last.id()).await.unwrap_err();
    app.close().await;
}
