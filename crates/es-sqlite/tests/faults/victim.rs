//! The program that is killed, starved and lied to: it saves events and says what became of each save.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use es_persistence::{
    ApplicationRecorder, Datastore, DatastoreError, Environment, OriginatorId, RecorderError, RecorderErrorKind,
    StoredEvent, Timestamp, Tracking, TrackingKey,
};
use es_sqlite::TransactionalEvents;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};
use uuid::Uuid;

/// What a victim has to do.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    /// Where the file is.
    pub(crate) folder: PathBuf,
    /// What distinguishes its saves from those of others.
    pub(crate) name: String,
    /// How many tasks save at once.
    pub(crate) writers: usize,
    /// How many saves each of them does.
    pub(crate) saves: usize,
    /// `SQLITE_SYNCHRONOUS`.
    pub(crate) synchronous: String,
    /// Whether every second writer saves by transactions of its own, in which it writes down the name of the save.
    pub(crate) transactions: bool,
    /// Whether it stores positions of a log in place of events, each as a save.
    pub(crate) tracking: bool,
}

const KEY: &str = "ES_SQLITE_VICTIM";

impl Orders {
    pub(crate) fn new(folder: impl Into<PathBuf>, writers: usize, saves: usize) -> Self {
        let synchronous = "FULL".to_owned();
        Self {
            folder: folder.into(),
            name: "victim".to_owned(),
            writers,
            saves,
            synchronous,
            transactions: false,
            tracking: false,
        }
    }

    /// The orders that this process was started with, if it is a victim.
    pub(crate) fn from_environment() -> Option<Self> {
        let text = env::var(KEY).ok()?;
        let [folder, name, writers, saves, synchronous, transactions, tracking] =
            text.split('|').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        Some(Self {
            folder: folder.into(),
            name: name.to_owned(),
            writers: writers.parse().ok()?,
            saves: saves.parse().ok()?,
            synchronous: synchronous.to_owned(),
            transactions: transactions.parse().ok()?,
            tracking: tracking.parse().ok()?,
        })
    }

    /// This program as a victim with these orders.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        let Self {
            folder,
            name,
            writers,
            saves,
            synchronous,
            transactions,
            tracking,
        } = self;
        command.env(
            KEY,
            format!(
                "{}|{name}|{writers}|{saves}|{synchronous}|{transactions}|{tracking}",
                folder.display()
            ),
        );
        command.env("RUST_BACKTRACE", "0");
        command
    }

    /// Whether the writer of this number saves by transactions of its own.
    pub(crate) const fn saves_by_transactions(&self, writer: usize) -> bool {
        self.transactions && writer % 2 == 1
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment::new("victim")
            .with("SQLITE_DBNAME", self.database().to_str().unwrap())
            .with("SQLITE_LOCK_TIMEOUT", "30")
            .with("SQLITE_SYNCHRONOUS", &self.synchronous)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("victim.sqlite")
    }

    /// Where a victim says what became of its saves: a line each, in the order of the answers.
    pub(crate) fn acks(&self) -> PathBuf {
        self.folder.join(format!("{}.acks", self.name))
    }
}

pub(crate) fn run(orders: &Orders) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if orders.tracking {
        runtime.block_on(track_all(orders));
    } else {
        runtime.block_on(save_all(orders));
    }
    ExitCode::SUCCESS
}

fn acks(orders: &Orders) -> Arc<Mutex<File>> {
    let acks = OpenOptions::new()
        .create(true)
        .append(true)
        .open(orders.acks())
        .unwrap();
    Arc::new(Mutex::new(acks))
}

/// The consumer whose position victims store.
fn consumer() -> TrackingKey {
    TrackingKey::new("victim", "shop")
}

/// Stores the positions 1, 2, 3, … of one log, from the moment when the other one who does so is ready, too.
async fn track_all(orders: &Orders) {
    let (datastore, _) = open(orders).await;
    let recorder = datastore.tracking_recorder().await.unwrap();
    let acks = acks(orders);
    meet(orders).await;
    for position in 1..=orders.saves {
        let saved = recorder
            .insert_tracking(Tracking::of(consumer(), position as u64))
            .await;
        say(&acks, &position.to_string(), outcome(saved.map(|()| Vec::new())));
    }
    datastore.close().await;
}

/// Waits until two processes have begun to write down outcomes in the folder. Gives up after ten seconds: the other one
/// may have failed.
async fn meet(orders: &Orders) {
    let ready = || {
        let files = fs::read_dir(&orders.folder).unwrap().flatten();
        files
            .filter(|file| file.path().extension().is_some_and(|kind| kind == "acks"))
            .count()
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while ready() < 2 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn save_all(orders: &Orders) {
    let acks = acks(orders);
    let (datastore, recorder) = open(orders).await;
    let writers = (0..orders.writers).map(|writer| {
        let (orders, recorder, acks) = (orders.clone(), Arc::clone(&recorder), Arc::clone(&acks));
        tokio::spawn(async move {
            let mut own = if orders.saves_by_transactions(writer) {
                Some(Own::open(&orders).await)
            } else {
                None
            };
            for save in 0..orders.saves {
                let name = format!("{}-{writer}-{save}", orders.name);
                let events = events(&name, 1 + (writer + save) % 3);
                let outcome = match &mut own {
                    Some(own) => own.outcome(&name, events).await,
                    None => outcome(recorder.insert_events(events).await),
                };
                say(&acks, &name, outcome);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    datastore.close().await;
}

/// Opens the file, again and again while it fails: the fault may be over the next time.
async fn open(orders: &Orders) -> (Arc<dyn Datastore>, Arc<dyn ApplicationRecorder>) {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match try_open(orders).await {
            Ok(opened) => return opened,
            Err(error) if attempts < 3 => eprintln!("victim: {error}"),
            Err(_) => std::process::exit(3),
        }
    }
}

async fn try_open(orders: &Orders) -> Result<(Arc<dyn Datastore>, Arc<dyn ApplicationRecorder>), DatastoreError> {
    let datastore = es_sqlite::factory().open(&orders.environment()).await?;
    let recorder = datastore.application_recorder().await?;
    Ok((datastore, recorder))
}

fn outcome(saved: Result<Vec<u64>, RecorderError>) -> &'static str {
    match saved {
        Ok(_) => "stored",
        Err(error) => match error.kind() {
            RecorderErrorKind::OutcomeUnknown => "unknown",
            RecorderErrorKind::Conflict(_) => "conflict",
            _ => "not-stored",
        },
    }
}

/// A connection for transactions of the victim's own.
struct Own {
    table: TransactionalEvents,
    connection: SqliteConnection,
}

impl Own {
    async fn open(orders: &Orders) -> Self {
        let table = TransactionalEvents::of(&orders.environment()).unwrap();
        let mut connection = table.connect_options().connect().await.unwrap();
        let create = "CREATE TABLE IF NOT EXISTS own (save TEXT NOT NULL)";
        connection.execute(create).await.unwrap();
        Self { table, connection }
    }

    async fn outcome(&mut self, name: &str, events: Vec<StoredEvent>) -> &'static str {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let change = sqlx::query("INSERT INTO own VALUES (?1)").bind(name.to_owned());
        change.execute(&mut *transaction).await.unwrap();
        let saved = self.table.insert_in(&mut transaction, events).await;
        match (outcome(saved), transaction.commit().await) {
            (outcome, Ok(())) => outcome,
            (_, Err(_)) => "unknown",
        }
    }
}

/// Events of `len` aggregates; each says in its state to which save it belongs and how many others do.
fn events(name: &str, len: usize) -> Vec<StoredEvent> {
    let event = |index| {
        let uuid = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{name}/{index}").as_bytes());
        let state = format!("{name} {len} {}", "x".repeat(300)).into_bytes();
        StoredEvent::new(OriginatorId::Uuid(uuid), 1, "Victim.Saved", state).with_stamp(uuid, Timestamp::UNIX_EPOCH)
    };
    (0..len).map(event).collect()
}

fn say(acks: &Mutex<File>, name: &str, outcome: &str) {
    let line = format!("{name} {outcome}\n");
    acks.lock().unwrap().write_all(line.as_bytes()).unwrap();
}
