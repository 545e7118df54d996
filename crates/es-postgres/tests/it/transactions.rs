//! Events in transactions of the user's own.

use es_persistence::{Conflict, RecorderErrorKind, Selection};
use es_postgres::TransactionalEvents;
use sqlx::{Connection as _, Row as _};

use crate::store::{APPLICATION, event, events, id, rows, with_store};

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
            assert!(
                store
                    .recorder
                    .select_notifications(Selection::all())
                    .await
                    .unwrap()
                    .is_empty()
            );
            if is_committed {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }
        assert_eq!(
            store
                .recorder
                .select_notifications(Selection::all())
                .await
                .unwrap()
                .len(),
            2
        );
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
