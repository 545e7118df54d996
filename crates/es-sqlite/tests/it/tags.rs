//! Events with tags, in files that are older than tags.

use es_persistence::{DatastoreError, EventQuery, QueryItem, RecorderErrorKind, StoredTag, TaggedRow};
use tempfile::TempDir;

use crate::store::{close, environment, event, execute, open, try_open};

fn tag() -> StoredTag {
    StoredTag::new("course:1")
}

fn of_tag() -> EventQuery {
    EventQuery::new([QueryItem::all().with_tags([tag()])])
}

/// How many tables of tags the file has.
fn tables(folder: &TempDir) -> i64 {
    let count = "SELECT count(*) FROM sqlite_master WHERE name = 'bank_tags'";
    let connection = rusqlite::Connection::open(crate::store::path(folder)).unwrap();
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_file_has_no_table_of_tags_before_somebody_asks_for_it() {
    let store = open().await;
    store.recorder.insert_events(vec![event(1, 1)]).await.unwrap();
    assert_eq!(tables(&store.folder), 0);
    let decisions = store.datastore.decision_recorder().await.unwrap();
    assert_eq!(tables(&store.folder), 1);
    let row = TaggedRow::new(event(2, 1), [tag()]);
    assert_eq!(decisions.insert_tagged(vec![row], None).await.unwrap(), [2]);
    assert_eq!(decisions.select_tagged(of_tag()).await.unwrap().events.len(), 1);
    let again = try_open(close(store).await).await.unwrap();
    let decisions = again.datastore.decision_recorder().await.unwrap();
    assert_eq!(decisions.select_tagged(of_tag()).await.unwrap().events.len(), 1);
    again.datastore.close().await;
}

#[tokio::test]
async fn a_table_is_made_by_nobody_who_may_not() {
    let folder = close(open().await).await;
    let may_not = environment(&folder).with("CREATE_TABLE", "n");
    let store = es_sqlite::factory().open(&may_not).await.unwrap();
    store.application_recorder().await.unwrap();
    let Err(DatastoreError::Recorder(error)) = store.decision_recorder().await else {
        panic!("there is no table of tags")
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    store.close().await;
}

#[tokio::test]
async fn a_table_of_another_form_is_refused() {
    let folder = close(open().await).await;
    execute(&folder, "CREATE TABLE bank_tags (tag TEXT)").unwrap();
    let store = try_open(folder).await.unwrap();
    let Err(DatastoreError::Recorder(error)) = store.datastore.decision_recorder().await else {
        panic!("the table is another's")
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Schema);
    store.datastore.close().await;
}
