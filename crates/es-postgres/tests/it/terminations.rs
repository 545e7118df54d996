//! Connections that the server ends.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use es_persistence::{OriginatorId, ProcessRecorder, RecorderError, RecorderErrorKind, StreamSelection};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::{
    cluster::Cluster,
    report,
    server::Server,
    store::{APPLICATION, Store, event, events, id, rows, with_schema},
    wakeups::{deliveries, median_delay},
};

/// Ends all connections of the application.
async fn terminate(connection: &mut PgConnection, application: &str) -> usize {
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

/// How the saves of a test go on.
#[derive(Debug, Default)]
struct Progress {
    stored: AtomicUsize,
    is_over: AtomicBool,
}

impl Progress {
    /// Waits until some saves were stored since `stored`, or for two seconds: on a busy machine, connections that are ended
    /// faster than they are made would let nothing be stored.
    async fn wait(&self, stored: usize) {
        let deadline = Instant::now() + Duration::from_secs(2);
        while self.stored.load(SeqCst) < stored + 8 && !self.is_over.load(SeqCst) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Ends all connections again and again until it is over, and returns how many.
async fn kill(server: Server, application: String, progress: Arc<Progress>) -> usize {
    let mut connection = server.connect().await;
    let mut ended = 0;
    while !progress.is_over.load(SeqCst) {
        let stored = progress.stored.load(SeqCst);
        ended += terminate(&mut connection, &application).await;
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..40))).await;
        progress.wait(stored).await;
    }
    ended
}

type Saved = (OriginatorId, Result<Vec<u64>, RecorderError>);

/// Makes so many saves, and returns what became of each.
async fn save(recorder: Arc<dyn ProcessRecorder>, count: usize, progress: Arc<Progress>) -> Vec<Saved> {
    let mut outcomes = Vec::new();
    for _ in 0..count {
        let id = id();
        let saved = recorder.insert_events(events(&id, 3)).await;
        progress.stored.fetch_add(usize::from(saved.is_ok()), SeqCst);
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
        let progress = Arc::new(Progress::default());
        let killer = tokio::spawn(kill(server, application, Arc::clone(&progress)));
        let writers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(save(Arc::clone(&store.recorder), 50, Arc::clone(&progress))))
            .collect();
        let outcomes: Vec<_> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
        progress.is_over.store(true, SeqCst);
        let ended = killer.await.unwrap();
        let counts = compare(&store, outcomes).await;
        report(format_args!(
            "{ended} connections ended; stored, unknown, not stored: {counts:?}"
        ));
        assert!(ended > 10 && counts[0] > 200, "{ended} connections ended, {counts:?}");
        let log = store.log().await;
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

/// What befalls a server.
#[derive(Clone, Copy, Debug)]
enum Blow {
    /// It is stopped at once, as by a crash, and started.
    Restart,
    /// One of its processes is killed, which makes it end all others and recover.
    KilledProcess,
}

impl Blow {
    fn fall(self, cluster: &Cluster, victims: &[i32]) {
        match self {
            Self::Restart => cluster.restart(),
            Self::KilledProcess => {
                let victim = fastrand::choice(victims).unwrap().to_string();
                let killed = Command::new("kill").args(["-9", &victim]).status();
                assert!(killed.unwrap().success(), "{victim}");
            }
        }
    }
}

/// The server's processes that work for the application.
async fn processes(cluster: &Cluster, application: &str) -> Vec<i32> {
    let url = cluster.url();
    let sql = format!("SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'");
    loop {
        // Until it has recovered from the last blow.
        if let Ok(mut connection) = PgConnection::connect(&url).await
            && let Ok(rows) = sqlx::query(AssertSqlSafe(sql.clone())).fetch_all(&mut connection).await
            && !rows.is_empty()
        {
            return rows.iter().map(|row| row.get(0)).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Saves while `blow` falls again and again on a server of the test's own; what was told must be true, and what is stored
/// afterwards must be heard soon.
fn strike(blow: Blow) {
    let cluster = match Cluster::start("fsync = on", &[]) {
        Ok(cluster) => Arc::new(cluster),
        Err(missing) => return report(format_args!("ignored: {missing}")),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::at(&cluster.url()).unwrap();
        let store = open(&server, APPLICATION, "dogs").await;
        let is_over = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(save_until(Arc::clone(&store.recorder), Arc::clone(&is_over))))
            .collect();
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(200..400))).await;
            let victims = processes(&cluster, APPLICATION).await;
            let cluster = Arc::clone(&cluster);
            let fallen = tokio::task::spawn_blocking(move || blow.fall(&cluster, &victims));
            fallen.await.unwrap();
        }
        processes(&cluster, APPLICATION).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        is_over.store(true, SeqCst);
        let outcomes: Vec<_> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
        let counts = compare(&store, outcomes).await;
        let log = store.log().await;
        assert!(
            log.len() >= 3 * counts[0] && counts[0] > 100,
            "{} events, {counts:?}",
            log.len()
        );

        let writer = open(&server, APPLICATION, "dogs").await;
        let mut deliveries = deliveries(&store).await;
        median_delay(&writer, &mut deliveries, 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let delay = median_delay(&writer, &mut deliveries, 20).await;
        report(format_args!(
            "{blow:?}: stored, unknown, not stored: {counts:?}; median delay afterwards {delay:?}"
        ));
        assert!(delay < Duration::from_millis(100), "{delay:?}");
        store.datastore.close().await;
        writer.datastore.close().await;
    });
}

/// Saves until it is over, and returns what became of each save.
async fn save_until(recorder: Arc<dyn ProcessRecorder>, is_over: Arc<AtomicBool>) -> Vec<Saved> {
    let mut outcomes = Vec::new();
    while !is_over.load(SeqCst) {
        outcomes.extend(save(Arc::clone(&recorder), 1, Arc::default()).await);
    }
    outcomes
}

#[test]
fn outcomes_are_right_while_the_server_restarts() {
    strike(Blow::Restart);
}

#[test]
fn outcomes_are_right_while_processes_of_the_server_are_killed() {
    strike(Blow::KilledProcess);
}
