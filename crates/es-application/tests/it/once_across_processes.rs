//! Commands under an ID, by processes that are killed and by several at once.

use std::{
    env, fmt,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use es_application::prelude::*;
use es_domain::Id;
use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, Datastore, DatastoreError, LogPage, Persistence,
    ProcessRecorder, ReadableLog, RecorderError, SnapshotRecorder, StoredEvent, StreamSelection, TrackingRecorder,
    Wakeup,
};

use crate::{
    bank::Account,
    server::{Server, fresh_schema},
    stores,
};

/// The environment variable that starts this program as a victim. Its value names what the victim does.
const ORDER: &str = "ES_ONCE_ORDER";

const KEYS: [&str; 8] = [
    "PERSISTENCE_MODULE",
    "SQLITE_DBNAME",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_DBNAME",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_SCHEMA",
];

/// The settings of each store that processes share, and what is removed afterwards.
async fn on_each_store(test: impl AsyncFn(&Environment)) {
    let folder = tempfile::tempdir().unwrap();
    test(&stores::sqlite(&folder)).await;
    if let Some(server) = Server::of_this_run() {
        let schema = fresh_schema();
        test(&server.environment("Bank", &schema)).await;
        server.drop_schema(&schema).await;
    }
}

/// A process that does `order` with these settings.
struct Victim {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Victim {
    fn start(environment: &Environment, order: &str, account: Id<Account>) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "once_across_processes::victim", "--nocapture"]);
        command.env(ORDER, order).env("ES_ONCE_ACCOUNT", account.to_string());
        for key in KEYS {
            if let Some(value) = environment.get(key) {
                command.env(key, value);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// Reads lines until the victim says `word`, and returns what comes after it in the line.
    fn wait_for(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "the victim has ended without {word}"
            );
            if let Some((_, rest)) = line.split_once(word) {
                return rest.trim().to_owned();
            }
        }
    }

    fn tell(&mut self) {
        self.process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Kills it by SIGKILL.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn say(text: impl fmt::Display) {
    let mut out = std::io::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

/// What a victim does; without an order it is no victim, and the test has nothing to do.
#[tokio::test]
async fn victim() {
    let Ok(order) = env::var(ORDER) else { return };
    let environment = Environment::from_process("Bank");
    let id: Id<Account> = env::var("ES_ONCE_ACCOUNT").unwrap().parse().unwrap();
    if order == "stop after the commit" {
        let modules: [Arc<dyn Persistence>; 2] = [es_sqlite::factory(), es_postgres::factory()];
        let modules = modules.map(|inner| Arc::new(Stopping { inner }) as Arc<dyn Persistence>);
        let builder = Application::builder("Bank").environment(environment);
        let app = builder.persistence(modules).open().await.unwrap();
        let answer = app.once("deposit").execute(id, |account| account.deposit(1)).await;
        panic!("a victim has no answer: {answer:?}");
    }
    let app = stores::open(environment).await;
    say("ready");
    let _one = std::io::stdin().read(&mut [0]).unwrap();
    say(format_args!("positions {:?}", deposits(&app, id).await));
}

/// How many commands two processes carry out at once.
const COMMANDS: u32 = 60;

async fn deposits(app: &Application, id: Id<Account>) -> Vec<u64> {
    let mut positions = Vec::new();
    for number in 0..COMMANDS {
        let executed = app
            .once(number)
            .execute(id, |account| account.deposit(1))
            .await
            .unwrap();
        positions.push(executed.position().unwrap());
    }
    positions
}

async fn account(app: &Application) -> Id<Account> {
    let mut account = Account::open("Ann");
    app.save(&mut account).await.unwrap();
    account.id()
}

#[tokio::test]
async fn a_process_that_is_killed_between_commit_and_answer_has_carried_it_out_once() {
    on_each_store(async |environment| {
        let app = stores::open(environment.clone()).await;
        let id = account(&app).await;
        let mut victim = Victim::start(environment, "stop after the commit", id);
        victim.wait_for("stored");
        victim.kill();
        let again = app
            .once("deposit")
            .execute(id, |account| account.deposit(1))
            .await
            .unwrap();
        assert!(again.is_repeated());
        assert_eq!(
            (again.recordings().len(), again.recordings()[0].originator_version()),
            (1, 2)
        );
        assert_eq!(app.repository().get(id).await.unwrap().balance(), 1);
        app.close().await;
    })
    .await;
}

#[tokio::test]
async fn two_processes_that_carry_out_the_same_commands_at_once_do_each_of_them_once() {
    on_each_store(async |environment| {
        let app = stores::open(environment.clone()).await;
        let id = account(&app).await;
        let mut other = Victim::start(environment, "repeat", id);
        other.wait_for("ready");
        other.tell();
        let own = deposits(&app, id).await;
        assert_eq!(other.wait_for("positions"), format!("{own:?}"));
        assert_eq!(app.repository().get(id).await.unwrap().balance(), i64::from(COMMANDS));
        other.process.wait().unwrap();
        app.close().await;
    })
    .await;
}

/// A store that commits and never answers.
#[derive(Debug)]
struct Stopping<T: ?Sized> {
    inner: Arc<T>,
}

impl Persistence for Stopping<dyn Persistence> {
    fn module(&self) -> &'static str {
        self.inner.module()
    }

    fn open<'a>(&'a self, settings: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let inner = self.inner.open(settings).await?;
            Ok(Arc::new(Stopping { inner }) as Arc<dyn Datastore>)
        })
    }
}

impl Datastore for Stopping<dyn Datastore> {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async {
            let inner = self.inner.application_recorder().await?;
            Ok(Arc::new(Stopping { inner }) as Arc<dyn ApplicationRecorder>)
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

impl AggregateRecorder for Stopping<dyn ApplicationRecorder> {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(async {
            self.inner.insert_events(events).await?;
            say("stored");
            std::future::pending().await
        })
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        self.inner.select_events(selection)
    }
}

impl ReadableLog for Stopping<dyn ApplicationRecorder> {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        self.inner.select_notifications(selection)
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        self.inner.max_position()
    }

    fn wakeup(&self) -> Wakeup {
        self.inner.wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}
