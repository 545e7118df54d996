//! Settings, tables and roles.

use es_persistence::{DatastoreError, EnvironmentError, RecorderErrorKind, Selection, SnapshotDeletion, Tracking};
use futures_util::future::join_all;

use crate::{
    server::Server,
    store::{APPLICATION, chain, event, id, open, rows, snapshot, with_schema},
};

#[test]
fn instances_that_start_at_once_make_the_tables_once() {
    with_schema(|server, schema| async move {
        let environment = server.environment(APPLICATION, &schema);
        let stores = join_all((0..8).map(|_| async { open(&environment).await.unwrap() })).await;
        let recorders = join_all(stores.iter().map(|store| store.application_recorder())).await;
        for (version, recorder) in (1..).zip(recorders) {
            let positions = recorder
                .unwrap()
                .insert_events(vec![event(&"one".into(), version)])
                .await;
            assert_eq!(positions.unwrap(), [version]);
        }
        join_all(stores.iter().map(|store| store.close())).await;
    });
}

#[test]
fn the_definition_may_be_applied_again_and_keeps_what_is_there() {
    with_schema(|server, schema| async move {
        let ddl = es_postgres::schema::ddl(&schema, APPLICATION).unwrap();
        server.execute(&ddl).await;
        let store = open(&server.environment(APPLICATION, &schema).with("CREATE_TABLE", "n"))
            .await
            .unwrap();
        let recorder = store.application_recorder().await.unwrap();
        assert_eq!(recorder.insert_events(vec![event(&id(), 1)]).await.unwrap(), [1]);
        server.execute(&ddl).await;
        assert_eq!(recorder.insert_events(vec![event(&id(), 1)]).await.unwrap(), [2]);
        let log = recorder.select_notifications(Selection::all()).await.unwrap();
        assert_eq!(log.notifications.len(), 2);
        store.close().await;
    });
}

async fn fault_of_opening(server: &Server, schema: &str, create: &str) -> (RecorderErrorKind, String) {
    let environment = server.environment(APPLICATION, schema).with("CREATE_TABLE", create);
    let store = open(&environment).await.unwrap();
    let error = store.application_recorder().await.unwrap_err();
    let DatastoreError::Recorder(recorder) = &error else {
        panic!("{error}")
    };
    (recorder.kind().clone(), chain(&error))
}

#[test]
fn tables_that_do_not_fit_are_refused_when_the_store_is_opened() {
    with_schema(|server, schema| async move {
        let (kind, text) = fault_of_opening(&server, &schema, "n").await;
        assert_eq!(kind, RecorderErrorKind::Schema);
        assert!(text.contains("es_postgres::schema::ddl"), "{text}");

        server
            .execute(&es_postgres::schema::ddl(&schema, APPLICATION).unwrap())
            .await;
        server
            .execute(&format!("ALTER SEQUENCE {schema}.dogs_positions CACHE 2"))
            .await;
        let (kind, text) = fault_of_opening(&server, &schema, "y").await;
        assert_eq!(kind, RecorderErrorKind::Schema);
        assert!(text.contains("CACHE 1"), "{text}");

        server
            .execute(&format!("ALTER SEQUENCE {schema}.dogs_positions CACHE 1"))
            .await;
        server
            .execute(&format!("COMMENT ON TABLE {schema}.dogs_events IS 'es-postgres 99'"))
            .await;
        let (kind, text) = fault_of_opening(&server, &schema, "y").await;
        assert_eq!(kind, RecorderErrorKind::Schema);
        assert!(text.contains("another version"), "{text}");
    });
}

#[test]
fn wrong_settings_are_named() {
    with_schema(|server, schema| async move {
        let good = server.environment(APPLICATION, &schema);
        for key in ["POSTGRES_HOST", "POSTGRES_DBNAME", "POSTGRES_USER"] {
            let error = open(&good.clone().with(key, "")).await.unwrap_err();
            let DatastoreError::Environment(EnvironmentError::Empty { key: empty }) = &error else {
                panic!("{error}");
            };
            assert_eq!(empty, key);
        }
        let wrong = [
            ("POSTGRES_PORT", "seven"),
            ("POSTGRES_CONNECT_TIMEOUT", "-1"),
            ("POSTGRES_CONNECT_TIMEOUT", "0"),
            ("POSTGRES_CONN_MAX_AGE", "-1"),
            ("POSTGRES_CONN_MAX_AGE", "NaN"),
            ("POSTGRES_PRE_PING", "maybe"),
            ("POSTGRES_POOL_SIZE", "many"),
            ("POSTGRES_MAX_OVERFLOW", "10001"),
            ("POSTGRES_LOCK_TIMEOUT", "1.5"),
            ("POSTGRES_STATEMENT_TIMEOUT", "0"),
            ("POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT", "4000000000"),
            ("POSTGRES_SSL_MODE", "sometimes"),
            ("CREATE_TABLE", "perhaps"),
        ];
        for (key, value) in wrong {
            let error = open(&good.clone().with(key, value)).await.unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{key} is {value:?}, which is not ")),
                "{error}"
            );
        }
    });
}

#[test]
fn passwords_are_never_shown() {
    with_schema(|server, schema| async move {
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_PASSWORD", "swordfish");
        let environment = environment
            .with("POSTGRES_PORT", "1")
            .with("POSTGRES_CONNECT_TIMEOUT", "1");
        let store = open(&environment).await.unwrap();
        let error = store.application_recorder().await.unwrap_err();
        for text in [
            format!("{environment:?}"),
            format!("{store:?}"),
            format!("{error:?}"),
            chain(&error),
        ] {
            assert!(!text.contains("swordfish"), "{text}");
        }
        assert!(chain(&error).contains("POSTGRES_HOST"), "{}", chain(&error));
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "a role is made, used for everything, and dropped")]
fn a_role_that_may_only_execute_and_read_is_enough() {
    with_schema(|server, schema| async move {
        let role = format!("role_{schema}");
        server
            .execute(&es_postgres::schema::ddl(&schema, APPLICATION).unwrap())
            .await;
        server
            .execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"))
            .await;
        server
            .execute(&es_postgres::schema::grants(&schema, APPLICATION, &role).unwrap())
            .await;
        let environment = server.environment(APPLICATION, &schema).with("POSTGRES_USER", &role);
        let environment = environment
            .with("POSTGRES_PASSWORD", "secret")
            .with("CREATE_TABLE", "n");
        let store = open(&environment).await.unwrap();
        let recorder = store.process_recorder().await.unwrap();
        let tracking = Tracking::new("upstream", 1);
        assert_eq!(
            recorder
                .insert_events_with_tracking(vec![event(&id(), 1)], tracking)
                .await
                .unwrap(),
            [1]
        );
        let log = recorder.select_notifications(Selection::all()).await.unwrap();
        assert_eq!(log.notifications.len(), 1);
        let snapshots = store.snapshot_recorder().await.unwrap();
        let id = id();
        snapshots.insert_snapshots(vec![snapshot(&id, 3)]).await.unwrap();
        let stream = snapshots.select_stream(id.clone(), 9, 9).await.unwrap();
        assert_eq!(stream.snapshot, Some(snapshot(&id, 3)));
        snapshots
            .delete_snapshots(SnapshotDeletion::OfAggregate(id))
            .await
            .unwrap();

        let mut connection = server.connect().await;
        rows(&mut connection, &format!("SET ROLE {role}")).await;
        let denied = [
            "INSERT INTO {schema}.dogs_events VALUES (9, 1, now(), gen_random_uuid(), gen_random_uuid(), 1, '', 't', '')",
            "INSERT INTO {schema}.dogs_tracking VALUES (9, 0, NULL, gen_random_uuid(), '', 'u')",
            "SELECT {schema}.dogs_track_v1('{}', '{}', '{}', '{}', '{}', gen_random_uuid())",
            "DELETE FROM {schema}.dogs_snapshots",
            "UPDATE {schema}.dogs_events SET topic = ''",
            "DELETE FROM {schema}.dogs_events",
            "TRUNCATE {schema}.dogs_events",
            "DROP TABLE {schema}.dogs_events",
            "SELECT setval('{schema}.dogs_positions', 99)",
            "SELECT nextval('{schema}.dogs_positions')",
            "SET session_replication_role = replica",
        ];
        for statement in denied {
            let statement = statement.replace("{schema}", &schema);
            let denied = sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
                .execute(&mut connection)
                .await;
            let code = denied
                .unwrap_err()
                .into_database_error()
                .unwrap()
                .code()
                .unwrap()
                .into_owned();
            assert_eq!(code, "42501", "{statement}");
        }
        drop(connection);
        store.close().await;
        server.drop_schema(&schema).await;
        server.execute(&format!("DROP ROLE {role}")).await;
    });
}

#[test]
fn not_even_the_owner_changes_events() {
    with_schema(|server, schema| async move {
        let store = open(&server.environment(APPLICATION, &schema)).await.unwrap();
        let recorder = store.application_recorder().await.unwrap();
        recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        let mut connection = server.connect().await;
        for mode in ["origin", "replica"] {
            rows(&mut connection, &format!("SET session_replication_role = {mode}")).await;
            for statement in ["UPDATE {} SET topic = 'x'", "DELETE FROM {}", "TRUNCATE {}"] {
                let statement = statement.replace("{}", &format!("{schema}.dogs_events"));
                let refused = sqlx::query(sqlx::AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await;
                assert_eq!(
                    refused.unwrap_err().as_database_error().unwrap().message(),
                    "events are never changed"
                );
            }
        }
        store.close().await;
    });
}
