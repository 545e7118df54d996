//! The file itself refuses what the library never does.

use crate::store::{close, events, execute, log, open};

#[tokio::test]
async fn no_statement_changes_removes_or_replaces_an_event() {
    let store = open().await;
    store.recorder.insert_events(events(1, 3)).await.unwrap();
    let folder = close(store).await;
    let columns = "INTO bank_events \
        (position, originator_id, originator_version, topic, event_id, timestamp, schema_version, state)";
    let same = "SELECT position, originator_id, originator_version, topic, event_id, 0, 1, x'00' FROM bank_events";
    let of = |position, version| {
        format!("SELECT {position}, originator_id, {version}, topic, event_id, 0, 1, x'00' FROM bank_events LIMIT 1")
    };
    for sql in [
        "UPDATE bank_events SET state = x'00'".to_owned(),
        "UPDATE bank_events SET position = position + 10".to_owned(),
        "DELETE FROM bank_events".to_owned(),
        format!("INSERT OR REPLACE {columns} {same}"),
        format!("REPLACE {columns} {same}"),
        format!("INSERT OR IGNORE {columns} {same}"),
        // The next version, in the place of an event that is there.
        format!("REPLACE {columns} {}", of(1, 4)),
        // A hole in the versions.
        format!("INSERT {columns} {}", of(9, 5)),
        format!("INSERT {columns} VALUES (9, x'01', 2, 't', x'01', 0, 1, x'00')"),
        format!("INSERT {columns} VALUES (9, x'01', 0, 't', x'01', 0, 1, x'00')"),
    ] {
        let refusal = execute(&folder, &sql).unwrap_err();
        assert_eq!(
            refusal.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ConstraintViolation),
            "{sql}: {refusal}"
        );
    }
    let store = crate::store::try_open(folder).await.unwrap();
    let log = log(&store).await.into_iter().map(|notification| notification.event);
    assert_eq!(log.collect::<Vec<_>>(), events(1, 3));
}
