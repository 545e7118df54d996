//! Rows that nobody of this library has written.

use es_persistence::{OriginatorId, RecorderError, RecorderErrorKind, Selection, StreamSelection};

use crate::store::{Store, chain, id, with_store};

/// Allows rows of all kinds, and stores one with these columns.
async fn damage(store: &Store, columns: &str, values: &str) {
    let schema = &store.schema;
    let sql = format!(
        "ALTER TABLE {schema}.dogs_events DROP CONSTRAINT IF EXISTS dogs_events_originator_version_check; \
         ALTER TABLE {schema}.dogs_events DROP CONSTRAINT IF EXISTS dogs_events_schema_version_check; \
         ALTER TABLE {schema}.dogs_events ALTER event_id DROP NOT NULL; \
         INSERT INTO {schema}.dogs_events (position, topic, state, {columns}) VALUES \
         (nextval('{schema}.dogs_positions'), 'a', '', {values})"
    );
    store.server.execute(&sql).await;
}

fn check(error: &RecorderError, name: &str) {
    assert_eq!(*error.kind(), RecorderErrorKind::Corrupt, "{error:?}");
    assert!(chain(error).contains(name), "{}", chain(error));
}

#[test]
fn damaged_rows_are_named() {
    const COLUMNS: &str = "originator_version, originator_id, originator_text, event_id, \"timestamp\", schema_version";
    let damages = [
        "-7, '{id}', '', '{id}', now(), 1",
        "7, '{id}', 'rex', '{id}', now(), 1",
        "7, '{id}', '', NULL, now(), 1",
        "7, '{id}', '', '{id}', 'infinity', 1",
        "7, '{id}', '', '{id}', '20000-01-01', 1",
        "7, '{id}', '', '{id}', now(), 0",
        "7, '{id}', '', '{id}', now(), -1",
    ];
    for values in damages {
        with_store(|store| async move {
            let id = id();
            damage(&store, COLUMNS, &values.replace("{id}", &id.to_string())).await;
            let log = store.recorder.select_notifications(Selection::all()).await;
            check(&log.unwrap_err(), "the event at position 1 cannot be read");
            // A version below 1 is never selected, and an ID of two kinds is nobody's.
            if !values.starts_with('-') && !values.contains("rex") {
                let stream = store.recorder.select_events(StreamSelection::of(id.clone())).await;
                check(
                    &stream.unwrap_err(),
                    &format!("version 7 of aggregate {id} cannot be read"),
                );
            }
            store
        });
    }
}

#[test]
fn a_damaged_snapshot_is_named() {
    with_store(|store| async move {
        let id = OriginatorId::from("rex");
        let schema = &store.schema;
        let sql = format!(
            "INSERT INTO {schema}.dogs_snapshots (originator_version, originator_id, originator_text, topic, state, \
             \"timestamp\", schema_version) VALUES (3, '00000000-0000-0000-0000-000000000000', 'rex', 't', '', 'infinity', 1)"
        );
        store.server.execute(&sql).await;
        let snapshots = store.snapshots().await;
        let name = "the snapshot of version 3 of aggregate rex cannot be read";
        check(&snapshots.select_stream(id.clone(), 9, 9).await.unwrap_err(), name);
        let selection = StreamSelection::of(id);
        check(&snapshots.select_snapshots(selection).await.unwrap_err(), name);
        store
    });
}
