//! Events in transactions of the user's own.

use std::time::Duration;

use es_persistence::{Conflict, RecorderErrorKind};
use es_postgres::TransactionalEvents;
use sqlx::{Connection as _, Row as _};

use crate::store::{APPLICATION, Store, event, events, id, rows, with_store};

#[test]
fn events_are_stored_with_the_users_own_changes_or_not_at_all() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let table = TransactionalEvents::of(&environment).unwrap();
        let mut connection = store.server.connect().await;
        rows(&mut connection, &format!("CREATE TABLE {}.own (n int)", store.schema)).await;
        let id = id();
        for is_committed in [false, true] {
            let mut transaction = connection.begin().await.unwrap();
            rows(
                &mut transaction,
                &format!("INSERT INTO {}.own VALUES (1)", store.schema),
            )
            .await;
            let stored = table.insert_in(&mut transaction, events(&id, 2)).await.unwrap();
            assert_eq!(stored[0] + 1, stored[1]);
            assert!(store.log().await.is_empty());
            if is_committed {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }
        assert_eq!(store.log().await.len(), 2);
        let own = format!("SELECT count(*) FROM {}.own", store.schema);
        assert_eq!(rows(&mut connection, &own).await[0].get::<i64, _>(0), 1);
        store
    });
}

#[test]
fn a_conflict_leaves_the_transaction_usable() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let table = TransactionalEvents::of(&environment).unwrap();
        let mut connection = store.server.connect().await;
        let id = id();
        store.recorder.insert_events(events(&id, 2)).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let error = table
            .insert_in(&mut transaction, vec![event(&id, 2)])
            .await
            .unwrap_err();
        let conflict = Conflict {
            originator_id: id.clone(),
            version: 2,
            last_version: 2,
        };
        assert_eq!(*error.kind(), RecorderErrorKind::Conflict(conflict));
        assert_eq!(
            table.insert_in(&mut transaction, vec![event(&id, 3)]).await.unwrap(),
            [3]
        );
        assert_eq!(
            table.insert_in(&mut transaction, vec![event(&id, 4)]).await.unwrap(),
            [4]
        );
        transaction.commit().await.unwrap();
        assert_eq!(store.recorder.max_position().await.unwrap(), Some(4));
        store
    });
}

/// The isolation of a user's transaction, and what a race that it loses says of the last version.
#[derive(Clone, Copy, Debug)]
enum Isolation {
    ReadCommitted,
    RepeatableRead,
}

impl Isolation {
    const fn begin(self) -> &'static str {
        match self {
            Self::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::RepeatableRead => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        }
    }
}

/// Another save of the same version is committed while the user's transaction waits for it.
async fn lose_a_race(store: &Store, isolation: Isolation) {
    let environment = store.server.environment(APPLICATION, &store.schema);
    let table = TransactionalEvents::of(&environment).unwrap();
    let (mut winner, mut loser) = (store.server.connect().await, store.server.connect().await);
    let id = id();
    sqlx::query(isolation.begin()).execute(&mut loser).await.unwrap();
    // The transaction has begun to look at the database.
    rows(&mut loser, "SELECT count(*) FROM pg_class").await;
    let mut first = winner.begin().await.unwrap();
    table.insert_in(&mut first, events(&id, 3)).await.unwrap();
    let (lost, committed) = tokio::join!(table.insert_in(&mut loser, vec![event(&id, 1)]), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        first.commit().await
    });
    committed.unwrap();
    let error = lost.unwrap_err();
    let conflict = error.conflict().unwrap_or_else(|| panic!("{isolation:?}: {error:?}"));
    let last_version = match isolation {
        Isolation::ReadCommitted => 3,
        Isolation::RepeatableRead => 1,
    };
    assert_eq!(
        (conflict.version, conflict.last_version),
        (1, last_version),
        "{isolation:?}"
    );
    let other = self::id();
    table.insert_in(&mut loser, events(&other, 2)).await.unwrap();
    rows(&mut loser, "COMMIT").await;
    let stored: Vec<_> = store
        .log()
        .await
        .into_iter()
        .map(|found| found.event.originator_id)
        .collect();
    assert_eq!(
        stored[stored.len() - 5..],
        [id.clone(), id.clone(), id, other.clone(), other],
        "{isolation:?}"
    );
}

#[test]
fn a_race_that_is_lost_is_a_conflict_and_the_transaction_goes_on() {
    with_store(|store| async move {
        for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead] {
            lose_a_race(&store, isolation).await;
        }
        store
    });
}

#[test]
fn events_that_are_there_under_the_same_ids_keep_their_positions() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let table = TransactionalEvents::of(&environment).unwrap();
        let mut connection = store.server.connect().await;
        let events = events(&id(), 2);
        let positions = store.recorder.insert_events(events.clone()).await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        assert_eq!(table.insert_in(&mut transaction, events).await.unwrap(), positions);
        transaction.commit().await.unwrap();
        store
    });
}

#[test]
fn without_a_transaction_nothing_is_stored() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let table = TransactionalEvents::of(&environment).unwrap();
        let mut connection = store.server.connect().await;
        let refused = table.insert_in(&mut connection, events(&id(), 1)).await.unwrap_err();
        assert_eq!(*refused.kind(), RecorderErrorKind::Invalid);
        assert!(store.log().await.is_empty());
        store
    });
}
