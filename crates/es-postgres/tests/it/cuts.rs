//! A connection that is cut after each byte of a save, in both directions.

use std::time::{Duration, Instant};

use es_persistence::{RecorderErrorKind, StreamSelection};
use futures_util::future::join_all;

use crate::{
    proxy::{Proxy, Way},
    server::Server,
    store::{APPLICATION, Store, events, id, with_schema},
};

/// A store behind a proxy of its own.
async fn behind_proxy(server: &Server, schema: &str, statement_timeout: &str) -> (Proxy, Store) {
    let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
    let environment = server
        .environment(APPLICATION, schema)
        .with("POSTGRES_PORT", proxy.port.to_string())
        .with("POSTGRES_SSL_MODE", "disable")
        .with("POSTGRES_STATEMENT_TIMEOUT", statement_timeout)
        .with("POSTGRES_CONNECT_TIMEOUT", "2");
    let store = Store::open(server.clone(), schema.to_owned(), environment).await;
    (proxy, store)
}

/// How many bytes go each way for a save of three events.
async fn bytes_of_a_save(proxy: &Proxy, store: &Store) -> [i64; 2] {
    store.recorder.insert_events(events(&id(), 3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = [Way::ToServer, Way::ToClient].map(|way| proxy.passed(way));
    // What is told to other processes is a little more.
    store.recorder.insert_events(events(&id(), 3)).await.unwrap();
    let after = [Way::ToServer, Way::ToClient].map(|way| proxy.passed(way));
    [after[0] - before[0], after[1] - before[1]]
}

/// Saves while the connection is cut, and returns the outcome and how many events are there afterwards.
async fn cut_save(
    proxy: &Proxy,
    store: &Store,
    direct: &Store,
    way: Way,
    bytes: i64,
) -> (Option<RecorderErrorKind>, usize) {
    let id = id();
    // The connection is there again, the statement is prepared, and others have been told.
    store.recorder.insert_events(events(&self::id(), 3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(15)).await;
    proxy.cut_after(way, bytes);
    let saved = store.recorder.insert_events(events(&id, 3)).await;
    proxy.heal();
    if saved.is_err() {
        // Whoever still had it in hand is through.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stored = direct.recorder.select_events(StreamSelection::of(id)).await.unwrap();
    (saved.err().map(|error| error.kind().clone()), stored.len())
}

#[test]
fn a_save_that_is_cut_off_is_settled() {
    with_schema(|server, schema| async move {
        let (proxy, store) = behind_proxy(&server, &schema, "5").await;
        let direct = store.another().await;
        let [up, down] = bytes_of_a_save(&proxy, &store).await;
        let step = if std::env::var("ES_POSTGRES_SOAK").is_ok() {
            1
        } else {
            7
        };
        let (mut runs, mut failed) = (0, 0);
        for (way, length) in [(Way::ToServer, up), (Way::ToClient, down)] {
            for bytes in (0..=length).step_by(step) {
                let (error, stored) = cut_save(&proxy, &store, &direct, way, bytes).await;
                runs += 1;
                match error {
                    None => assert_eq!(stored, 3, "{way:?} {bytes}"),
                    Some(RecorderErrorKind::OutcomeUnknown) => failed += 1,
                    Some(kind) => {
                        assert_eq!(stored, 0, "{way:?} {bytes}: {kind:?}");
                        failed += 1;
                    }
                }
            }
        }
        crate::report(format_args!(
            "{runs} saves cut within {up} bytes up, {down} down; {failed} failed"
        ));
        assert_eq!(failed, 0);
        store.datastore.close().await;
        direct.datastore.close().await;
    });
}

#[test]
fn a_save_that_cannot_be_settled_is_never_said_not_to_be_stored() {
    with_schema(|server, schema| async move {
        // One second is enough for a save, not for twelve that make the tables.
        let ddl = es_postgres::schema::ddl(&schema, APPLICATION).unwrap();
        server.execute(&ddl).await;
        let lanes = (0..12).map(|lane| {
            let (server, schema) = (server.clone(), schema.clone());
            async move {
                let (proxy, store) = behind_proxy(&server, &schema, "1").await;
                let direct = store.another().await;
                let [up, down] = bytes_of_a_save(&proxy, &store).await;
                let mut unknown = [0, 0];
                for way in [Way::ToServer, Way::ToClient] {
                    let length = if way == Way::ToServer { up } else { down };
                    let bytes = length * (lane + 1) / 12;
                    proxy.stay_down();
                    let (error, stored) = cut_save(&proxy, &store, &direct, way, bytes).await;
                    match error {
                        None => assert_eq!(stored, 3),
                        Some(RecorderErrorKind::OutcomeUnknown) => unknown[usize::from(stored == 3)] += 1,
                        Some(kind) => assert_eq!(stored, 0, "{way:?} {bytes}: {kind:?}"),
                    }
                }
                store.datastore.close().await;
                direct.datastore.close().await;
                unknown
            }
        });
        let unknown = join_all(lanes)
            .await
            .into_iter()
            .fold([0, 0], |sum, [a, b]| [sum[0] + a, sum[1] + b]);
        crate::report(format_args!(
            "unknown outcomes: {} not stored, {} stored",
            unknown[0], unknown[1]
        ));
        assert!(unknown[1] > 0, "no cut came between the commit and its answer");
    });
}

#[test]
fn a_call_into_a_black_hole_ends_in_time() {
    with_schema(|server, schema| async move {
        let (proxy, store) = behind_proxy(&server, &schema, "1").await;
        store.recorder.insert_events(events(&id(), 3)).await.unwrap();
        proxy.swallow();
        let begun = Instant::now();
        let error = store.recorder.insert_events(events(&id(), 3)).await.unwrap_err();
        assert_eq!(*error.kind(), RecorderErrorKind::OutcomeUnknown);
        let saved = begun.elapsed();
        let error = store.recorder.max_position().await.unwrap_err();
        assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
        let ended = begun.elapsed();
        crate::report(format_args!("a save ended after {saved:?}, both after {ended:?}"));
        assert!(ended < Duration::from_secs(20), "{ended:?}");
        proxy.heal();
        store.recorder.insert_events(events(&id(), 3)).await.unwrap();
        store.datastore.close().await;
    });
}
