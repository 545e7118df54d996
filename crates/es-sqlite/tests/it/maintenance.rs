//! The one way to change an event.

use sqlx::Executor as _;

use crate::store::{close, environment, event, events, execute, log, open, try_open};

#[tokio::test]
async fn an_event_is_changed_and_afterwards_none_can_be() {
    let store = open().await;
    store.recorder.insert_events(events(1, 3)).await.unwrap();
    let folder = close(store).await;
    let redact = async |connection: &mut sqlx::SqliteConnection| {
        connection
            .execute("UPDATE bank_events SET state = x'7b7d' WHERE position = 2")
            .await
            .map(drop)
    };
    es_sqlite::maintain(&environment(&folder), redact).await.unwrap();
    execute(&folder, "UPDATE bank_events SET state = x'7b7d'").unwrap_err();

    let store = try_open(folder).await.unwrap();
    let log = log(&store).await;
    let states: Vec<_> = log
        .iter()
        .map(|notification| notification.event.state.as_slice())
        .collect();
    assert_eq!(states, [&event(1, 1).state[..], b"{}", &event(1, 3).state[..]]);
}

#[tokio::test]
async fn a_change_that_fails_has_not_happened() {
    let store = open().await;
    store.recorder.insert_events(events(1, 3)).await.unwrap();
    let folder = close(store).await;
    let half = async |connection: &mut sqlx::SqliteConnection| {
        connection.execute("DELETE FROM bank_events").await?;
        connection.execute("this is no statement").await.map(drop)
    };
    let error = es_sqlite::maintain(&environment(&folder), half).await.unwrap_err();
    assert!(error.to_string().contains("syntax error"), "{error}");
    execute(&folder, "DELETE FROM bank_events").unwrap_err();
    let store = try_open(folder).await.unwrap();
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(3));
}
