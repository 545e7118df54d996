//! The form of the tables.

use es_persistence::{DatastoreError, RecorderErrorKind};
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::store::{Store, close, environment, events, execute, open, path, try_open};

/// Why a file cannot be opened: because of its tables.
fn schema_fault(opened: Result<Store, DatastoreError>) -> String {
    let Err(DatastoreError::Recorder(error)) = opened else {
        panic!("it was opened, or refused by a setting")
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    after_file(&error.to_string()).to_owned()
}

/// What an error says about a file, without the file.
fn after_file(text: &str) -> &str {
    text.split_once(".sqlite: ").unwrap().1
}

/// Opens a file whose tables have to be there.
async fn open_made(folder: &TempDir) -> Result<(), DatastoreError> {
    let environment = environment(folder).with("CREATE_TABLE", "no");
    let datastore = es_sqlite::factory().open(&environment).await?;
    datastore.application_recorder().await.map(drop)
}

#[tokio::test]
async fn a_newer_form_is_refused_with_advice() {
    let folder = close(open().await).await;
    execute(&folder, "UPDATE es_schema SET form = 2").unwrap();
    let advice = "the tables of bank have form 2, and this library knows none after 1: use a newer one";
    assert_eq!(schema_fault(try_open(folder).await), advice);
}

#[tokio::test]
async fn a_foreign_table_of_our_name_is_refused_and_left_alone() {
    for foreign in [
        "CREATE TABLE bank_events (n INTEGER, note TEXT)",
        "CREATE TABLE bank_snapshots (n INTEGER, note TEXT)",
        "CREATE TABLE bank_tracking (n INTEGER, note TEXT)",
    ] {
        let folder = TempDir::new().unwrap();
        execute(&folder, foreign).unwrap();
        // A second name, because the folder goes away with the store.
        let outside = TempDir::new().unwrap();
        let same = outside.path().join("same.sqlite");
        std::fs::hard_link(path(&folder), &same).unwrap();
        let fault = schema_fault(try_open(folder).await);
        let table = foreign.split(' ').nth(2).unwrap();
        let start = format!(
            "the table {table} is not of this library's making: its columns are (n INTEGER, note TEXT) instead of ("
        );
        assert!(fault.starts_with(&start), "{fault}");
        assert!(
            fault.ends_with("rename it, or choose another name for the application"),
            "{fault}"
        );
        let tables = "SELECT group_concat(sql) FROM sqlite_master";
        let connection = rusqlite::Connection::open(same).unwrap();
        let left: String = connection.query_row(tables, [], |row| row.get(0)).unwrap();
        assert_eq!(left, foreign);
    }
}

#[tokio::test]
async fn tables_of_our_making_are_adopted_when_their_form_is_not_written_down() {
    let store = open().await;
    store.recorder.insert_events(events(1, 2)).await.unwrap();
    let folder = close(store).await;
    execute(&folder, "DROP TABLE es_schema").unwrap();
    execute(&folder, "DROP TRIGGER bank_events_remain").unwrap();
    let store = try_open(folder).await.unwrap();
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(2));
    let folder = close(store).await;
    execute(&folder, "DELETE FROM bank_events").unwrap_err();
}

#[tokio::test]
async fn a_missing_trigger_is_noticed_and_mended() {
    for trigger in ["bank_events_follow", "bank_events_stay", "bank_events_remain"] {
        let store = open().await;
        store.recorder.insert_events(events(1, 2)).await.unwrap();
        let folder = close(store).await;
        execute(&folder, &format!("DROP TRIGGER {trigger}")).unwrap();
        open_made(&folder).await.unwrap_err();
        let environment = environment(&folder);
        let store = es_sqlite::factory().open(&environment).await.unwrap();
        let Err(DatastoreError::Recorder(error)) = store.application_recorder().await else {
            panic!("it was opened without {trigger}")
        };
        assert_eq!(*error.kind(), RecorderErrorKind::Schema);
        let fault = format!(
            "the trigger {trigger}, which protects stored events, is missing; call es_sqlite::maintain once, which \
             makes it anew"
        );
        assert_eq!(after_file(&error.to_string()), fault);

        es_sqlite::maintain(&environment, async |_| Ok(())).await.unwrap();
        open_made(&folder).await.unwrap();
        execute(&folder, "UPDATE bank_events SET state = x'00'").unwrap_err();
    }
}

#[tokio::test]
async fn a_missing_table_is_made_only_if_the_settings_ask_for_it() {
    let folder = close(open().await).await;
    execute(&folder, "DROP TABLE bank_tracking").unwrap();
    let Err(DatastoreError::Recorder(error)) = open_made(&folder).await else {
        panic!("it was opened")
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    let fault = "there is no table bank_tracking; let CREATE_TABLE be yes once, or make it beforehand";
    assert_eq!(after_file(&error.to_string()), fault);
    let folder = close(try_open(folder).await.unwrap()).await;
    open_made(&folder).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_who_open_a_new_file_at_once_find_it_ready() {
    let folder = TempDir::new().unwrap();
    let environment = environment(&folder);
    let opened = (0..8).map(|number| {
        let environment = environment.clone();
        tokio::spawn(async move {
            let datastore = es_sqlite::factory().open(&environment).await.unwrap();
            let recorder = datastore.application_recorder().await.unwrap();
            recorder.insert_events(events(number, 1)).await.unwrap()
        })
    });
    let mut positions: Vec<_> = join_all(opened).await.into_iter().flat_map(Result::unwrap).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=8).collect::<Vec<_>>());
}
