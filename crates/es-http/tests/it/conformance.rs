//! The cases of the conformance suite that are about reading a log, with HTTP between the reader and the store.

use std::{error::Error, fmt, sync::Arc};

use es_conformance::{Backend, FreshStore, Outcome, Part, case_names, run_case};
use es_http::{client::RemoteLog, server::LogService};
use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, Datastore, DatastoreError, Environment, LogPage,
    Mapper, Persistence, ProcessRecorder, ReadableLog, RecorderError, Selection, SnapshotRecorder, Source, StoredEvent,
    StreamSelection, TrackingRecorder, Wakeup,
};
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};

use crate::served::serve;

/// A store that is written here and read over HTTP.
#[derive(Debug)]
struct OverHttp;

#[derive(Debug)]
struct Store {
    inner: Arc<dyn Datastore>,
    recorder: OnceCell<Arc<Remote>>,
}

/// Writes by one recorder, and reads the log of it by another.
struct Remote {
    written: Arc<dyn ApplicationRecorder>,
    read: RemoteLog,
    server: JoinHandle<()>,
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

impl Remote {
    async fn of(written: Arc<dyn ApplicationRecorder>) -> Self {
        let mapper = Mapper::from_environment(&Environment::new("Conformance")).unwrap();
        let log: Arc<dyn ReadableLog> = Arc::<dyn ApplicationRecorder>::clone(&written);
        let service = LogService::open_to_everyone(&Source::new("Conformance", log, mapper));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/school", listener.local_addr().unwrap());
        let read = RemoteLog::builder(base).build().unwrap();
        let server = serve(listener, &service);
        read.connect().await.unwrap();
        Self { written, read, server }
    }
}

impl AggregateRecorder for Remote {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        self.written.insert_events(events)
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        self.written.select_events(selection)
    }
}

impl ReadableLog for Remote {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        self.read.select_notifications(selection)
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        self.read.max_position()
    }

    fn wakeup(&self) -> Wakeup {
        self.read.wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        self.read.capabilities()
    }
}

impl Datastore for Store {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async {
            let make =
                async || Ok::<_, DatastoreError>(Arc::new(Remote::of(self.inner.application_recorder().await?).await));
            let recorder: Arc<dyn ApplicationRecorder> =
                Arc::<Remote>::clone(self.recorder.get_or_try_init(make).await?);
            Ok(recorder)
        })
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        self.inner.process_recorder()
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        self.inner.tracking_recorder()
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        self.inner.snapshot_recorder()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

impl Persistence for OverHttp {
    fn module(&self) -> &'static str {
        "http"
    }

    fn open<'a>(&'a self, environment: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let inner = es_persistence::memory().open(environment).await?;
            let store: Arc<dyn Datastore> = Arc::new(Store {
                inner,
                recorder: OnceCell::new(),
            });
            Ok(store)
        })
    }
}

impl Backend for OverHttp {
    fn name(&self) -> &'static str {
        "http"
    }

    fn supports(&self, part: Part) -> bool {
        matches!(part, Part::Events | Part::Wakeup | Part::ContiguousPositions)
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async { Ok(FreshStore::new(Arc::new(Self), Environment::new("Conformance"))) })
    }

    fn patience(&self) -> std::time::Duration {
        crate::served::LONG
    }
}

/// Runs the cases of a topic, and tells all that fail. Of several parts of the cases it runs one.
fn run(topic: &str, part: usize, parts: usize) {
    let failed: Vec<_> = case_names()
        .filter(|name| name.starts_with(&format!("{topic}::")))
        .skip(part)
        .step_by(parts)
        .filter_map(|name| match run_case(&OverHttp, name) {
            Some(Outcome::Passed) => None,
            other => Some((name, other)),
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Makes a test of each part of the cases of a topic: together they would be one slow test.
macro_rules! parts {
    ($($test:ident: $topic:literal $part:literal of $parts:literal;)*) => {
        $(
            #[test]
            fn $test() {
                run($topic, $part, $parts);
            }
        )*
    };
}

parts! {
    a_remote_log_is_read_like_a_local_one_1: "notification" 0 of 4;
    a_remote_log_is_read_like_a_local_one_2: "notification" 1 of 4;
    a_remote_log_is_read_like_a_local_one_3: "notification" 2 of 4;
    a_remote_log_is_read_like_a_local_one_4: "notification" 3 of 4;
    a_remote_log_is_in_order_under_writers_1: "ordering" 0 of 2;
    a_remote_log_is_in_order_under_writers_2: "ordering" 1 of 2;
    a_remote_log_is_followed_like_a_local_one_1: "subscription" 0 of 2;
    a_remote_log_is_followed_like_a_local_one_2: "subscription" 1 of 2;
    a_remote_log_wakes_whoever_waits: "wakeup" 0 of 1;
    a_remote_log_promises_what_the_server_does: "capability" 0 of 1;
}
