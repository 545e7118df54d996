//! The connections of an application, or of several.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{Environment, StreamSelection};
use es_postgres::Pool;
use futures_util::future::join_all;

use crate::{
    proxy::Proxy,
    server::Server,
    store::{Store, event, events, id, with_schema},
};

/// A proxy to `server`, and the settings that lead through it.
async fn behind_proxy(server: &Server, application: &str, schema: &str) -> (Proxy, Environment) {
    let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
    let environment = server
        .environment(application, schema)
        .with("POSTGRES_PORT", proxy.port.to_string())
        .with("POSTGRES_SSL_MODE", "disable");
    (proxy, environment)
}

#[test]
fn a_busy_application_opens_no_connection_once_it_has_enough() {
    with_schema(|server, schema| async move {
        let (proxy, environment) = behind_proxy(&server, "Dogs", &schema).await;
        let environment = environment.with("POSTGRES_POOL_SIZE", "2");
        let store = Arc::new(Store::open(server, schema, environment).await);
        let commands = || async {
            let tasks = (0..32).map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let id = id();
                    for version in 1..=10 {
                        store.recorder.insert_events(vec![event(&id, version)]).await.unwrap();
                        let read = store.recorder.select_events(StreamSelection::of(id.clone())).await;
                        assert_eq!(read.unwrap().len() as u64, version);
                    }
                })
            });
            join_all(tasks).await.into_iter().for_each(Result::unwrap);
        };
        commands().await;
        let before = proxy.connections();
        for _ in 0..3 {
            commands().await;
        }
        let opened = proxy.connections() - before;
        // Some may be needed for the first time; without keeping what is beyond the size there were hundreds.
        assert!(opened <= 12, "{opened} connections were opened");
        store.datastore.close().await;
    });
}

#[test]
fn a_network_that_drops_silently_costs_seconds() {
    with_schema(|server, schema| async move {
        let (proxy, environment) = behind_proxy(&server, "Dogs", &schema).await;
        let store = Store::open(server, schema, environment).await;
        let id = id();
        store.recorder.insert_events(events(&id, 3)).await.unwrap();

        proxy.deafen();
        let begun = Instant::now();
        assert_eq!(store.recorder.insert_events(vec![event(&id, 4)]).await.unwrap(), [4]);
        let saved = begun.elapsed();
        proxy.deafen();
        let begun = Instant::now();
        let read = store.recorder.select_events(StreamSelection::of(id)).await;
        assert_eq!(read.unwrap().len(), 4);
        let read = begun.elapsed();
        crate::report(format_args!("a save took {saved:?}, a read {read:?}"));
        assert!(saved < Duration::from_secs(10), "{saved:?}");
        assert!(read < Duration::from_secs(10), "{read:?}");
        store.datastore.close().await;
    });
}

#[test]
fn a_statement_that_takes_long_is_waited_for() {
    with_schema(|server, schema| async move {
        let store = Store::open(server.clone(), schema.clone(), server.environment("Dogs", &schema)).await;
        let mut other = server.connect().await;
        let lock = format!("BEGIN; LOCK TABLE {schema}.dogs_events IN ACCESS EXCLUSIVE MODE");
        sqlx::Executor::execute(&mut other, sqlx::AssertSqlSafe(lock))
            .await
            .unwrap();
        let saved = {
            let recorder = Arc::clone(&store.recorder);
            tokio::spawn(async move { recorder.insert_events(vec![event(&id(), 1)]).await })
        };
        // Longer than a silent connection is believed.
        tokio::time::sleep(Duration::from_secs(8)).await;
        assert!(!saved.is_finished());
        sqlx::Executor::execute(&mut other, "COMMIT").await.unwrap();
        saved.await.unwrap().unwrap();
        store.datastore.close().await;
    });
}

#[test]
fn applications_share_a_pool_and_its_limit() {
    with_schema(|server, schema| async move {
        let (proxy, environment) = behind_proxy(&server, "Pool", &schema).await;
        let limited = environment
            .with("POSTGRES_POOL_SIZE", "2")
            .with("POSTGRES_MAX_OVERFLOW", "0");
        let pool = Pool::from_environment(&limited).unwrap();
        let open = async |name: &str| {
            let environment = Environment::new(name).with("POSTGRES_SCHEMA", &schema);
            let factory = es_postgres::factory_with_pool(pool.clone());
            let datastore = factory.open(&environment).await.unwrap();
            (datastore.application_recorder().await.unwrap(), datastore)
        };
        let (dogs, cats) = (open("Dogs").await, open("Cats").await);
        let before = proxy.connections();
        for _ in 0..20 {
            let saves = (0..16).map(|number| {
                let recorder = if number % 2 == 0 { &dogs.0 } else { &cats.0 };
                recorder.insert_events(vec![event(&id(), 1)])
            });
            join_all(saves).await.into_iter().for_each(|saved| drop(saved.unwrap()));
        }
        // Two of the pool, and one of each application that tells others.
        assert!(proxy.connections() - before <= 4, "{}", proxy.connections() - before);
        dogs.1.close().await;
        assert_eq!(cats.0.insert_events(vec![event(&id(), 1)]).await.unwrap(), [161]);
        cats.1.close().await;
        pool.close().await;
    });
}

#[test]
fn poolers_accept_the_first_message_of_a_connection() {
    with_schema(|server, schema| async move {
        let (proxy, environment) = behind_proxy(&server, "Dogs", &schema).await;
        let store = Store::open(server, schema, environment).await;
        store.recorder.insert_events(events(&id(), 3)).await.unwrap();
        store.datastore.close().await;
        let greetings = proxy.greetings();
        assert!(
            greetings.iter().any(|greeting| greeting.contains("application_name")),
            "{greetings:?}"
        );
        for word in ["options", "extra_float_digits"] {
            assert!(
                !greetings.iter().any(|greeting| greeting.contains(word)),
                "{greetings:?}"
            );
        }
    });
}
