//! Tables that another version of the library has made.
//!
//! There is one form so far. An earlier one is made up here: it lacks the functions of this version.

use es_persistence::{DatastoreError, OriginatorId, RecorderErrorKind, StreamSelection};
use futures_util::future::join_all;
use sqlx::Row as _;

use crate::{
    server::Server,
    store::{APPLICATION, event, id, open, rows, with_schema},
};

/// Makes tables of an earlier form with an event in them, and returns its aggregate.
async fn earlier_form(server: &Server, schema: &str) -> OriginatorId {
    let id = id();
    let store = open(&server.environment(APPLICATION, schema)).await.unwrap();
    let recorder = store.application_recorder().await.unwrap();
    recorder.insert_events(vec![event(&id, 1)]).await.unwrap();
    store.close().await;
    let lacking = format!(
        "DROP FUNCTION {schema}.dogs_append_one_v1; DROP FUNCTION {schema}.dogs_snap_put_v1; \
         COMMENT ON TABLE {schema}.dogs_events IS 'es-postgres 0'"
    );
    server.execute(&lacking).await;
    id
}

async fn form(server: &Server, schema: &str) -> String {
    let comment = format!("SELECT obj_description('{schema}.dogs_events'::regclass, 'pg_class')");
    rows(&mut server.connect().await, &comment).await[0].get(0)
}

#[test]
fn tables_of_an_earlier_form_are_renewed_by_instances_that_start_at_once() {
    with_schema(|server, schema| async move {
        let old = earlier_form(&server, &schema).await;
        let environment = server.environment(APPLICATION, &schema);
        let stores = join_all((0..8).map(|_| async { open(&environment).await.unwrap() })).await;
        let recorders = join_all(stores.iter().map(|store| store.application_recorder())).await;
        for (version, recorder) in (2..).zip(recorders) {
            let recorder = recorder.unwrap();
            let positions = recorder.insert_events(vec![event(&old, version)]).await.unwrap();
            assert_eq!(positions, [version]);
            let stream = recorder.select_events(StreamSelection::of(old.clone())).await.unwrap();
            assert_eq!(stream.len() as u64, version);
        }
        assert_eq!(form(&server, &schema).await, "es-postgres 1");
        join_all(stores.iter().map(|store| store.close())).await;
    });
}

#[test]
fn tables_of_an_earlier_form_are_left_alone_where_none_may_be_made() {
    with_schema(|server, schema| async move {
        earlier_form(&server, &schema).await;
        let environment = server.environment(APPLICATION, &schema).with("CREATE_TABLE", "n");
        let store = open(&environment).await.unwrap();
        let error = store.application_recorder().await.unwrap_err();
        let DatastoreError::Recorder(recorder) = &error else {
            panic!("{error}")
        };
        assert_eq!(recorder.kind(), &RecorderErrorKind::Schema);
        assert_eq!(form(&server, &schema).await, "es-postgres 0");
    });
}

#[test]
fn an_owner_renews_the_tables_while_the_application_saves() {
    with_schema(|server, schema| async move {
        let ddl = es_postgres::schema::ddl(&schema, APPLICATION).unwrap();
        server.execute(&ddl).await;
        let store = open(&server.environment(APPLICATION, &schema)).await.unwrap();
        let recorder = store.application_recorder().await.unwrap();
        let id = id();
        let saving = async {
            for version in 1..=200 {
                recorder.insert_events(vec![event(&id, version)]).await.unwrap();
            }
        };
        let renewing = async {
            for _ in 0..5 {
                server.execute(&ddl).await;
            }
        };
        tokio::join!(saving, renewing);
        let stream = recorder.select_events(StreamSelection::of(id)).await.unwrap();
        assert_eq!(stream.len(), 200);
        store.close().await;
    });
}

#[test]
fn tables_of_a_later_form_are_not_made_older() {
    with_schema(|server, schema| async move {
        let ddl = es_postgres::schema::ddl(&schema, APPLICATION).unwrap();
        server.execute(&ddl).await;
        let later = format!("COMMENT ON TABLE {schema}.dogs_events IS 'es-postgres 2'");
        server.execute(&later).await;
        let mut connection = server.connect().await;
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(ddl)).execute(&mut connection).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("later version"), "{refused}");
        assert_eq!(form(&server, &schema).await, "es-postgres 2");
    });
}
