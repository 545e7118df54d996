//! Names of applications and schemas.

use es_persistence::{DatastoreError, EnvironmentError, RecorderErrorKind, Selection, SnapshotDeletion};

use sqlx::Row as _;

use crate::store::{APPLICATION, event, id, open, rows, snapshot, with_schema};

#[test]
fn two_applications_in_one_schema_do_not_touch_each_other() {
    with_schema(|server, schema| async move {
        let dogs = open(&server.environment("Dogs", &schema)).await.unwrap();
        let cats = open(&server.environment("Cats", &schema)).await.unwrap();
        let (dogs_log, cats_log) = (
            dogs.application_recorder().await.unwrap(),
            cats.application_recorder().await.unwrap(),
        );
        let id = id();
        assert_eq!(dogs_log.insert_events(vec![event(&id, 1)]).await.unwrap(), [1]);
        assert_eq!(dogs_log.insert_events(vec![event(&id, 2)]).await.unwrap(), [2]);
        assert_eq!(cats_log.insert_events(vec![event(&id, 1)]).await.unwrap(), [1]);
        assert_eq!(cats_log.max_position().await.unwrap(), Some(1));
        let log = dogs_log.select_notifications(Selection::all()).await.unwrap();
        assert_eq!(log.notifications.len(), 2);
        dogs.close().await;
        cats.close().await;
    });
}

#[test]
fn an_append_that_is_not_committed_holds_back_its_own_log_only() {
    with_schema(|server, schema| async move {
        let dogs = open(&server.environment("Dogs", &schema)).await.unwrap();
        let cats = open(&server.environment("Cats", &schema)).await.unwrap();
        let (dogs_log, cats_log) = (
            dogs.application_recorder().await.unwrap(),
            cats.application_recorder().await.unwrap(),
        );
        let mut other = server.connect().await;
        let mut transaction = sqlx::Connection::begin(&mut other).await.unwrap();
        crate::tails::append(&mut transaction, &schema, "cats", &id(), 1)
            .await
            .unwrap();
        assert_eq!(dogs_log.insert_events(vec![event(&id(), 1)]).await.unwrap(), [1]);
        assert_eq!(dogs_log.max_position().await.unwrap(), Some(1));
        assert_eq!(cats_log.insert_events(vec![event(&id(), 1)]).await.unwrap(), [2]);
        assert_eq!(cats_log.max_position().await.unwrap(), None);
        let log = cats_log.select_notifications(Selection::all()).await.unwrap();
        assert_eq!((log.notifications.len(), log.reached), (0, 0));
        transaction.commit().await.unwrap();
        assert_eq!(cats_log.max_position().await.unwrap(), Some(2));
        dogs.close().await;
        cats.close().await;
    });
}

#[test]
fn a_name_may_be_a_word_of_sql_and_as_long_as_allowed() {
    with_schema(|server, schema| async move {
        let longest = "n".repeat(48);
        for name in ["select", "Table", &longest] {
            let store = open(&server.environment(name, &schema)).await.unwrap();
            let log = store.process_recorder().await.unwrap();
            assert_eq!(log.insert_events(vec![event(&id(), 1)]).await.unwrap(), [1]);
            let snapshots = store.snapshot_recorder().await.unwrap();
            snapshots.insert_snapshots(vec![snapshot(&id(), 7)]).await.unwrap();
            let all = SnapshotDeletion::OfTopic("dogs.Dog".to_owned());
            snapshots.delete_snapshots(all).await.unwrap();
            store.close().await;
        }
    });
}

/// The server cuts longer names, and two that are cut may be the same.
#[test]
fn no_name_is_longer_than_the_server_allows() {
    let ddl = es_postgres::schema::ddl("public", &"n".repeat(48)).unwrap();
    let names: Vec<_> = ddl.split('"').filter(|name| name.starts_with("nnnn")).collect();
    assert!(names.len() > 50, "{}", names.len());
    for name in names {
        assert!(name.len() <= 63, "{name}");
    }
}

/// A database in LATIN1 takes it, and so does every other.
#[test]
fn the_definition_is_plain_ascii() {
    let grants = es_postgres::schema::grants("public", APPLICATION, "reader").unwrap();
    for sql in [es_postgres::schema::ddl("public", APPLICATION).unwrap(), grants] {
        assert!(sql.is_ascii());
    }
}

#[test]
fn hostile_names_are_refused() {
    with_schema(|server, schema| async move {
        let long = "n".repeat(49);
        for name in ["", "1st", "a b", "a\"; DROP TABLE x; --", "dögs", "a.b", "a\0", &long] {
            let error = open(&server.environment(name, &schema)).await.unwrap_err();
            assert!(
                matches!(&error, DatastoreError::Recorder(error) if *error.kind() == RecorderErrorKind::Invalid),
                "{name:?}: {error}"
            );
            es_postgres::schema::ddl("public", name).unwrap_err();
            es_postgres::schema::ddl(name, "dogs").unwrap_err();
            es_postgres::schema::grants("public", "dogs", name).unwrap_err();
        }
        for name in ["1st", "a b", "x\"; --", "Public", &long] {
            let error = open(&server.environment("Dogs", name)).await.unwrap_err();
            let DatastoreError::Environment(EnvironmentError::Invalid { key, value, .. }) = &error else {
                panic!("{name:?}: {error}");
            };
            assert_eq!((key.as_str(), value.as_str()), ("POSTGRES_SCHEMA", name));
        }
    });
}

/// What a caller puts before the server's own schema is not what the functions of the owner execute.
#[test]
fn operators_of_the_caller_are_not_executed_by_the_owner() {
    with_schema(|server, schema| async move {
        server
            .execute(&es_postgres::schema::ddl(&schema, APPLICATION).unwrap())
            .await;
        let mut connection = server.connect().await;
        let traps = [
            ("=", "uuid", "uuid"),
            ("=", "text", "text"),
            ("<>", "bigint", "bigint"),
            ("<>", "integer", "integer"),
            ("+", "bigint", "integer"),
            ("+", "bigint", "bigint"),
            ("-", "bigint", "bigint"),
            ("-", "integer", "integer"),
            ("-", "bigint", "integer"),
            ("&", "bigint", "bigint"),
            ("#", "bigint", "bigint"),
        ];
        rows(&mut connection, &format!("CREATE SCHEMA {schema}_trap")).await;
        for (number, (operator, left, right)) in traps.into_iter().enumerate() {
            let function = format!(
                "CREATE FUNCTION {schema}_trap.f{number}({left}, {right}) RETURNS boolean LANGUAGE plpgsql \
                 AS $$ BEGIN RAISE EXCEPTION 'trapped by {operator}'; END $$"
            );
            rows(&mut connection, &function).await;
            let operator = format!(
                "CREATE OPERATOR {schema}_trap.{operator} (LEFTARG = {left}, RIGHTARG = {right}, \
                 FUNCTION = {schema}_trap.f{number})"
            );
            rows(&mut connection, &operator).await;
        }
        rows(&mut connection, &format!("SET search_path = {schema}_trap, pg_catalog")).await;
        let trapped = sqlx::query("SELECT 1::bigint + 1").execute(&mut connection).await;
        assert!(trapped.unwrap_err().to_string().contains("trapped by +"));
        let one = format!(
            "SELECT first FROM {schema}.dogs_append_one_v1(gen_random_uuid(), '', 1, 'topic', gen_random_uuid(), now(), \
             1::smallint, ''::bytea, NULL, NULL)"
        );
        for position in 1..=3_i64 {
            let first: i64 = rows(&mut connection, &one).await[0].get(0);
            assert_eq!(first, position);
        }
        let first = crate::tails::append(&mut connection, &schema, "dogs", &id(), 2).await;
        assert_eq!(first.unwrap(), 4);
        let settled = format!("SELECT settled FROM {schema}.dogs_settled_v1()");
        let settled: i64 = rows(&mut connection, &settled).await[0].get(0);
        assert_eq!(settled, 5);
        server.drop_schema(&format!("{schema}_trap")).await;
    });
}
