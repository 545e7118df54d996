//! Events with tags: what waits for what, and tables that are older than tags.

use std::{sync::Arc, time::Duration};

use es_persistence::{
    AppendCondition, DatastoreError, DecisionRecorder, EventQuery, OriginatorId, QueryItem, RecorderErrorKind,
    StoredTag, TaggedRow, Topics,
};
use es_postgres::TransactionalEvents;
use futures_util::FutureExt as _;
use sqlx::Connection as _;

use crate::{
    proxy::Proxy,
    store::{APPLICATION, Store, event, id, open, with_schema, with_store},
};

fn row(tags: &[&str]) -> TaggedRow {
    TaggedRow::new(event(&id(), 1), tags.iter().map(|tag| StoredTag::new(*tag)))
}

fn of_tag(tag: &str) -> EventQuery {
    EventQuery::new([QueryItem::all().with_tags([StoredTag::new(tag)])])
}

/// What an aggregate does, and what names it.
fn of_aggregate(id: &OriginatorId) -> EventQuery {
    let tag = StoredTag::of_originator("Dog:1", id.clone());
    EventQuery::new([QueryItem::all().with_tags([tag])])
}

/// Reads what matters, so that an append can be made under the condition that nothing has come since.
async fn known(recorder: &dyn DecisionRecorder, query: EventQuery) -> AppendCondition {
    let token = recorder.select_tagged(query.clone()).await.unwrap().token;
    AppendCondition::new(query, token)
}

#[test]
fn a_decision_about_an_aggregate_waits_for_saves_that_are_open_and_others_do_not() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let own = TransactionalEvents::of(&environment).unwrap();
        let recorder = store.datastore.decision_recorder().await.unwrap();
        let dog = id();
        let mut connection = store.server.connect().await;
        for (version, is_committed) in [(1, true), (2, false), (2, true)] {
            let about_dog = known(&*recorder, of_aggregate(&dog)).await;
            let mut transaction = connection.begin().await.unwrap();
            own.insert_in(&mut transaction, vec![event(&dog, version)])
                .await
                .unwrap();

            let tag = format!("book:{version}:{is_committed}");
            let other = known(&*recorder, of_tag(&tag)).await;
            recorder.insert_tagged(vec![row(&[&tag])], Some(other)).await.unwrap();

            let about_topic = QueryItem::all().of_topics(Topics::families(["dogs.Dog"]));
            let about_topic = known(&*recorder, EventQuery::new([about_topic])).await;
            let deciding = [about_dog, about_topic].map(|condition| {
                let recorder = Arc::clone(&recorder);
                tokio::spawn(async move { recorder.insert_tagged(vec![row(&["quiet"])], Some(condition)).await })
            });
            // Long enough for an append that does not wait; one that waits is not there at any time.
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(deciding.iter().all(|deciding| !deciding.is_finished()));
            if is_committed {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
            let [about_dog, about_topic] = deciding;
            let outcome = about_dog.await.unwrap();
            let refused = outcome.as_ref().err().map(|error| error.kind().clone());
            assert_eq!(refused, is_committed.then_some(RecorderErrorKind::ConditionFailed));
            // The other append has the topic, too, so it is there or not by chance.
            let _stored = about_topic.await.unwrap();
        }
        store
    });
}

#[test]
fn a_save_that_stays_open_makes_a_decision_about_aggregates_fail_after_a_time() {
    with_store(|store| async move {
        let environment = store.server.environment(APPLICATION, &store.schema);
        let own = TransactionalEvents::of(&environment).unwrap();
        let recorder = store.datastore.decision_recorder().await.unwrap();
        let dog = id();
        let condition = known(&*recorder, of_aggregate(&dog)).await;
        let mut connection = store.server.connect().await;
        let mut transaction = connection.begin().await.unwrap();
        own.insert_in(&mut transaction, vec![event(&dog, 1)]).await.unwrap();
        let refused = recorder.insert_tagged(vec![row(&[])], Some(condition.clone())).await;
        assert_eq!(*refused.unwrap_err().kind(), RecorderErrorKind::Unavailable);
        transaction.rollback().await.unwrap();
        recorder.insert_tagged(vec![row(&[])], Some(condition)).await.unwrap();
        assert_eq!(store.log().await.len(), 1);
        store
    });
}

#[test]
fn a_save_never_waits_for_a_decision() {
    with_store(|store| async move {
        let recorder = store.datastore.decision_recorder().await.unwrap();
        let dog = id();
        // Whoever is deciding about the aggregate, and about all else.
        let mut connection = store.server.connect().await;
        let mut deciding = connection.begin().await.unwrap();
        let lock = format!(
            "SELECT pg_advisory_xact_lock('{}.dogs_tags'::regclass::oid::integer, number) FROM generate_series(-10, 10) number",
            store.schema
        );
        sqlx::query(sqlx::AssertSqlSafe(lock))
            .execute(&mut *deciding)
            .await
            .unwrap();
        store.recorder.insert_events(vec![event(&dog, 1)]).await.unwrap();
        deciding.rollback().await.unwrap();
        drop(recorder);
        store
    });
}

#[test]
fn an_append_under_a_condition_is_one_statement_in_one_round_trip() {
    with_schema(|server, schema| async move {
        let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_PORT", proxy.port.to_string());
        let store = Store::open(server, schema, environment.with("POSTGRES_SSL_MODE", "disable")).await;
        let recorder = store.datastore.decision_recorder().await.unwrap();
        let condition = known(&*recorder, of_tag("a")).await;
        for _ in 0..2 {
            recorder
                .insert_tagged(vec![row(&["b"])], Some(condition.clone()))
                .await
                .unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let before = [b'E', b'S', b'P'].map(|kind| proxy.messages(kind));
        for _ in 0..50 {
            recorder
                .insert_tagged(vec![row(&["b"])], Some(condition.clone()))
                .await
                .unwrap();
        }
        let after = [b'E', b'S', b'P'].map(|kind| proxy.messages(kind));
        let sent = [after[0] - before[0], after[1] - before[1], after[2] - before[2]];
        assert_eq!(sent, [50, 50, 0]);
        store.datastore.close().await;
    });
}

#[test]
fn tables_that_are_older_than_tags_get_them_when_they_are_asked_for() {
    with_schema(|server, schema| async move {
        let environment = server.environment(APPLICATION, &schema);
        let store = open(&environment).await.unwrap();
        let recorder = store.application_recorder().await.unwrap();
        recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        store.close().await;
        let older = format!(
            "DROP FUNCTION {schema}.dogs_select_tags_v1; DROP FUNCTION {schema}.dogs_append_tags_v1; \
             DROP FUNCTION {schema}.dogs_broken_v1; DROP FUNCTION {schema}.dogs_is_behind_v1; DROP TABLE {schema}.dogs_tags"
        );
        server.execute(&older).await;
        let may_not = open(&environment.clone().with("CREATE_TABLE", "n")).await.unwrap();
        may_not.application_recorder().await.unwrap();
        let Err(DatastoreError::Recorder(error)) = may_not.decision_recorder().await else {
            panic!("there is no table of tags")
        };
        assert_eq!(*error.kind(), RecorderErrorKind::Schema);
        may_not.close().await;

        let stores = futures_util::future::join_all((0..4).map(|_| open(&environment))).await;
        let opened = stores.iter().map(|store| store.as_ref().unwrap().decision_recorder());
        for recorder in futures_util::future::join_all(opened).await {
            recorder.unwrap().insert_tagged(vec![row(&["a"])], None).await.unwrap();
        }
        let recorder = stores[0].as_ref().unwrap().decision_recorder().await.unwrap();
        assert_eq!(recorder.select_tagged(of_tag("a")).await.unwrap().events.len(), 4);
        for store in stores {
            store.unwrap().close().await;
        }
    });
}

#[test]
fn a_condition_of_another_database_fails() {
    with_store(|store| async move {
        let recorder = store.datastore.decision_recorder().await.unwrap();
        recorder.insert_tagged(vec![row(&["a"])], None).await.unwrap();
        let token = es_persistence::ReadToken::new(1_000_000, Vec::new());
        let condition = AppendCondition::new(of_tag("b"), token);
        let refused = recorder
            .insert_tagged(vec![row(&["b"])], Some(condition))
            .now_or_never();
        assert!(refused.is_none(), "the server is asked");
        let token = es_persistence::ReadToken::new(1_000_000, Vec::new());
        let condition = AppendCondition::new(of_tag("b"), token);
        let refused = recorder.insert_tagged(vec![row(&["b"])], Some(condition)).await;
        assert_eq!(*refused.unwrap_err().kind(), RecorderErrorKind::ConditionFailed);
        store
    });
}
