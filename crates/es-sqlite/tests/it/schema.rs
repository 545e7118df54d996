//! The form of the tables.

use std::error::Error as _;

use futures_util::future::join_all;

use crate::store::{close, environment, events, execute, open, try_open};

#[tokio::test]
async fn a_newer_form_is_refused_with_advice() {
    let folder = close(open().await).await;
    execute(&folder, "UPDATE es_schema SET form = 2").unwrap();
    let error = try_open(folder).await.err().unwrap();
    let file = error.source().unwrap();
    assert_eq!(
        error.to_string(),
        "SQLite could not be opened: its tables are missing or not as expected"
    );
    let advice = "the tables of bank have form 2, and this library knows none after 1: use a newer one";
    assert_eq!(file.source().unwrap().to_string(), advice);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_open_a_new_file_at_once_all_find_it_ready() {
    let folder = tempfile::tempdir().unwrap();
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
