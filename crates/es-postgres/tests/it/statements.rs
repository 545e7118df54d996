//! What goes to the server for one call.

use std::slice;

use es_persistence::Selection;

use crate::{
    proxy::Proxy,
    store::{APPLICATION, Store, event, events, id, snapshot, with_schema},
};

const EXECUTE: u8 = b'E';
const SYNC: u8 = b'S';
const PARSE: u8 = b'P';

#[test]
fn a_save_is_one_statement_in_one_round_trip() {
    with_schema(|server, schema| async move {
        let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_PORT", proxy.port.to_string());
        let store = Store::open(server, schema, environment.with("POSTGRES_SSL_MODE", "disable")).await;
        let id = id();
        // Each connection prepares the statement once; one after another, they are all the same connection.
        for version in 1..=2 {
            store.recorder.insert_events(vec![event(&id, version)]).await.unwrap();
        }
        // What is told to other processes goes by a connection of its own.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let before = [EXECUTE, SYNC, PARSE].map(|kind| proxy.messages(kind));
        for version in 3..=102 {
            store
                .recorder
                .insert_events(slice::from_ref(&event(&id, version)).to_vec())
                .await
                .unwrap();
        }
        let after = [EXECUTE, SYNC, PARSE].map(|kind| proxy.messages(kind));
        assert_eq!(
            [after[0] - before[0], after[1] - before[1], after[2] - before[2]],
            [100, 100, 0]
        );
        store.datastore.close().await;
    });
}

#[test]
fn a_stream_is_read_by_one_statement_and_a_page_of_the_log_by_two() {
    with_schema(|server, schema| async move {
        let proxy = Proxy::start(format!("{}:{}", server.host, server.port)).await;
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_PORT", proxy.port.to_string());
        let store = Store::open(server, schema, environment.with("POSTGRES_SSL_MODE", "disable")).await;
        let id = id();
        store.recorder.insert_events(events(&id, 10)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let stream = es_persistence::StreamSelection::of(id.clone());
        let snapshots = store.snapshots().await;
        snapshots.insert_snapshots(vec![snapshot(&id, 8)]).await.unwrap();
        for round in 0..2 {
            let before = proxy.messages(EXECUTE);
            assert_eq!(store.recorder.select_events(stream.clone()).await.unwrap().len(), 10);
            let between = proxy.messages(EXECUTE);
            let log = store.recorder.select_notifications(Selection::all()).await.unwrap();
            assert_eq!(log.notifications.len(), 10);
            let bounded = proxy.messages(EXECUTE);
            // What is known to be complete needs no bound.
            let log = store
                .recorder
                .select_notifications(Selection::all().up_to(9))
                .await
                .unwrap();
            assert_eq!(log.notifications.len(), 9);
            let after = proxy.messages(EXECUTE);
            let stream = snapshots.select_stream(id.clone(), 10, 100).await.unwrap();
            assert_eq!((stream.snapshot.is_some(), stream.events.len()), (true, 3));
            let with_snapshot = proxy.messages(EXECUTE);
            if round == 1 {
                let counts = [
                    between - before,
                    bounded - between,
                    after - bounded,
                    with_snapshot - after,
                ];
                assert_eq!(counts, [1, 2, 1, 1]);
            }
        }
        store.datastore.close().await;
    });
}
