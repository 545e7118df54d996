//! Connections that the server ends.

use std::{
    env,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use es_persistence::{OriginatorId, ProcessRecorder, RecorderError, RecorderErrorKind, Selection, StreamSelection};
use futures_util::future::join_all;
use sqlx::Row as _;

use crate::{
    report,
    server::Server,
    store::{APPLICATION, Store, event, events, id, rows, with_schema},
};

/// Ends all connections of the application.
async fn terminate(connection: &mut sqlx::PgConnection, application: &str) -> usize {
    let sql =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{application}'");
    rows(connection, &sql).await.len()
}

async fn open(server: &Server, application: &str, schema: &str) -> Store {
    let environment = server
        .environment(application, schema)
        .with("POSTGRES_STATEMENT_TIMEOUT", "5");
    Store::open(server.clone(), schema.to_owned(), environment).await
}

/// Ends all connections again and again until it is over, and returns how many.
async fn kill(server: Server, application: String, is_over: Arc<AtomicBool>) -> usize {
    let mut connection = server.connect().await;
    let mut ended = 0;
    while !is_over.load(SeqCst) {
        ended += terminate(&mut connection, &application).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..40))).await;
    }
    ended
}

type Saved = (OriginatorId, Result<Vec<u64>, RecorderError>);

/// Makes so many saves, and returns what became of each.
async fn save(recorder: Arc<dyn ProcessRecorder>, count: usize) -> Vec<Saved> {
    let mut outcomes = Vec::new();
    for _ in 0..count {
        let id = id();
        let saved = recorder.insert_events(events(&id, 3)).await;
        outcomes.push((id, saved));
    }
    outcomes
}

/// How many were stored, unknown, not stored, as told; what was told must be true.
async fn compare(store: &Store, outcomes: Vec<Saved>) -> [usize; 3] {
    let mut counts = [0; 3];
    for (id, saved) in outcomes {
        let stored = store
            .recorder
            .select_events(StreamSelection::of(id.clone()))
            .await
            .unwrap()
            .len();
        let told = match saved.as_ref().map_err(RecorderError::kind) {
            Ok(_) => 0,
            Err(RecorderErrorKind::OutcomeUnknown) => 1,
            Err(RecorderErrorKind::NotStored | RecorderErrorKind::Unavailable) => 2,
            Err(kind) => panic!("{kind:?}"),
        };
        counts[told] += 1;
        let is_true = [stored == 3, stored == 0 || stored == 3, stored == 0][told];
        assert!(is_true, "{id}: {stored} events, {saved:?}");
    }
    counts
}

#[test]
fn outcomes_are_right_while_connections_are_ended() {
    with_schema(|server, schema| async move {
        let application = format!("t_{schema}");
        let store = open(&server, &application, &schema).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let killer = tokio::spawn(kill(server, application, Arc::clone(&is_over)));
        let writers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(save(Arc::clone(&store.recorder), 150)))
            .collect();
        let outcomes: Vec<_> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
        is_over.store(true, SeqCst);
        let ended = killer.await.unwrap();
        let counts = compare(&store, outcomes).await;
        report(format_args!(
            "{ended} connections ended; stored, unknown, not stored: {counts:?}"
        ));
        assert!(ended > 10 && counts[0] > 600, "{ended} connections ended, {counts:?}");
        let log = store.recorder.select_notifications(Selection::all()).await.unwrap();
        for save in log.chunks(3) {
            assert!(
                save.iter()
                    .all(|event| event.event.originator_id == save[0].event.originator_id)
            );
        }
        store.datastore.close().await;
    });
}

#[test]
fn calls_go_on_after_all_connections_were_ended_while_idle() {
    with_schema(|server, schema| async move {
        let application = format!("t_{schema}");
        let store = open(&server, &application, &schema).await;
        let mut connection = server.connect().await;
        let id = id();
        for version in 1..=5 {
            assert_eq!(
                store.recorder.insert_events(vec![event(&id, version)]).await.unwrap(),
                [version]
            );
            assert!(terminate(&mut connection, &application).await > 0);
            let stream = StreamSelection::of(id.clone());
            assert_eq!(
                store.recorder.select_events(stream).await.unwrap().len() as u64,
                version
            );
            assert!(terminate(&mut connection, &application).await > 0);
        }
        let left = format!(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid IN \
            (SELECT pid FROM pg_stat_activity WHERE application_name = '{application}')"
        );
        assert_eq!(rows(&mut connection, &left).await[0].get::<i64, _>(0), 0);
        store.datastore.close().await;
    });
}

#[test]
fn outcomes_are_right_while_the_server_restarts() {
    let Ok(restart) = env::var("ES_POSTGRES_RESTART") else {
        report(format_args!(
            "ignored: set ES_POSTGRES_RESTART to a command that restarts the server"
        ));
        return;
    };
    with_schema(|server, schema| async move {
        let store = open(&server, APPLICATION, &schema).await;
        let writers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(save(Arc::clone(&store.recorder), 1500)))
            .collect();
        let restarter = tokio::task::spawn_blocking(move || {
            for _ in 0..3 {
                thread::sleep(Duration::from_millis(200));
                let restarted = Command::new("sh").args(["-c", &restart]).stdout(Stdio::null()).status();
                assert!(restarted.unwrap().success(), "{restart}");
            }
        });
        let outcomes: Vec<_> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
        restarter.await.unwrap();
        let counts = compare(&store, outcomes).await;
        report(format_args!("stored, unknown, not stored: {counts:?}"));
        let log = store.recorder.select_notifications(Selection::all()).await.unwrap();
        assert!(log.len() >= 3 * counts[0], "{} events, {counts:?}", log.len());
        store.datastore.close().await;
    });
}
