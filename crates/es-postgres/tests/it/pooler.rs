//! `PgBouncer` between store and server, where it is installed.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use es_persistence::{DatastoreError, RecorderErrorKind, Selection};
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::{
    server::Server,
    store::{APPLICATION, Store, chain, event, id, open, with_schema},
};

/// A running pooler; it ends when this is dropped.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// Starts `PgBouncer` in `mode`, or returns `None` if it is not installed.
    fn start(server: &Server, mode: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let Server { host, user, .. } = server;
        let environment = server.environment(APPLICATION, "public");
        let password = environment.get("POSTGRES_PASSWORD").unwrap_or_default();
        let path = folder.path().join("pgbouncer.ini");
        let config = format!(
            "[databases]\n* = host={host} port={} user={user} password={password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\nmax_client_conn = 200\n\
             default_pool_size = 30\n",
            server.port,
        );
        fs::write(&path, config).unwrap();
        let mut command = Command::new("pgbouncer");
        // The current folder may be closed to the other account.
        command
            .current_dir(folder.path())
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(uid) = unprivileged() {
            // It refuses to run as root.
            std::os::unix::fs::chown(folder.path(), Some(uid), None).unwrap();
            std::os::unix::fs::chown(&path, Some(uid), None).unwrap();
            command.uid(uid);
        }
        let child = command.spawn().ok()?;
        Some(Self {
            child,
            port,
            _folder: folder,
        })
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The account that root borrows; `None` for everybody else.
fn unprivileged() -> Option<u32> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) == Some(0) {
        id(&["-u", "nobody"])
    } else {
        None
    }
}

/// Runs a test with a pooler, or says that there is none.
fn with_pooler<F: Future<Output = ()>>(mode: &str, test: impl FnOnce(Server, String, Pooler) -> F) {
    with_schema(|server, schema| async {
        let Some(pooler) = Pooler::start(&server, mode) else {
            crate::report(format_args!("ignored: pgbouncer is not installed"));
            return;
        };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", pooler.port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        test(server, schema, pooler).await;
    });
}

#[test]
fn a_store_works_through_a_pooler_in_session_mode() {
    with_pooler("session", |server, schema, pooler| async move {
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_HOST", "127.0.0.1")
            .with("POSTGRES_PORT", pooler.port.to_string());
        let store = Store::open(server, schema, environment).await;
        let saves = (0..50).map(|_| store.recorder.insert_events(vec![event(&id(), 1), event(&id(), 1)]));
        join_all(saves).await.into_iter().for_each(|saved| drop(saved.unwrap()));
        let log = store.recorder.select_notifications(Selection::all()).await.unwrap();
        assert_eq!(log.notifications.len(), 100);
        store.datastore.close().await;
        drop(pooler);
    });
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_when_the_store_is_opened() {
    with_pooler("transaction", |server, schema, pooler| async move {
        let environment = server
            .environment(APPLICATION, &schema)
            .with("POSTGRES_HOST", "127.0.0.1")
            .with("POSTGRES_PORT", pooler.port.to_string());
        for _ in 0..5 {
            let store = open(&environment).await.unwrap();
            let error = store.application_recorder().await.unwrap_err();
            let DatastoreError::Recorder(recorder) = &error else {
                panic!("{error}")
            };
            assert_eq!(*recorder.kind(), RecorderErrorKind::Invalid, "{}", chain(&error));
            assert!(
                chain(&error).contains("pooler in transaction mode"),
                "{}",
                chain(&error)
            );
        }
        drop(pooler);
    });
}
