//! The tests.

use std::{
    env,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use es_application::prelude::*;
use es_projection::{ProjectionRunner, Views, prelude::BoxError};
use libtest_mimic::Failed;

use crate::{
    audit::audit,
    journal::{Journal, Tables},
    server::{Server, fresh_schema},
    victim::{self, LEASE},
};

type Settings = Vec<(&'static str, String)>;

/// How many processes are killed in a run of the tests.
const KILLS: u32 = 100;

/// How often a process is halted.
const HALTS: u32 = 12;

pub(crate) fn kill_on_sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    kill(&sqlite(&folder), |environment| es_sqlite::views(environment).unwrap())
}

pub(crate) fn halt_on_sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    halt(&sqlite(&folder), |environment| es_sqlite::views(environment).unwrap())
}

pub(crate) fn kill_on_postgres() -> Result<(), Failed> {
    on_postgres(|settings| kill(settings, |environment| es_postgres::views(environment).unwrap()))
}

pub(crate) fn halt_on_postgres() -> Result<(), Failed> {
    on_postgres(|settings| halt(settings, |environment| es_postgres::views(environment).unwrap()))
}

fn sqlite(folder: &tempfile::TempDir) -> Settings {
    let file = folder.path().join("school.sqlite").display().to_string();
    vec![("PERSISTENCE_MODULE", "sqlite".to_owned()), ("SQLITE_DBNAME", file)]
}

fn on_postgres(test: impl FnOnce(&Settings) -> Result<(), Failed>) -> Result<(), Failed> {
    let (server, schema) = (Server::of_this_run().unwrap(), fresh_schema());
    let environment = server.environment("School", &schema);
    let keys = [
        "PERSISTENCE_MODULE",
        "POSTGRES_HOST",
        "POSTGRES_PORT",
        "POSTGRES_DBNAME",
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "POSTGRES_SCHEMA",
    ];
    let settings = keys.map(|key| (key, environment.get(key).unwrap().to_owned()));
    let outcome = test(&settings.to_vec());
    runtime().block_on(async {
        let remove = format!(
            "DO $$ DECLARE name text; BEGIN
                 FOR name IN SELECT nspname FROM pg_namespace WHERE nspname LIKE '{schema}%' LOOP
                     EXECUTE format('DROP SCHEMA %I CASCADE', name);
                 END LOOP;
             END $$"
        );
        server.execute(&remove).await;
    });
    outcome
}

fn environment(settings: &Settings) -> Environment {
    let empty = Environment::new("School");
    settings
        .iter()
        .fold(empty, |environment, (key, value)| environment.with(*key, value))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Whether a test goes on after so many rounds.
struct Rounds {
    least: u32,
    until: Instant,
}

impl Rounds {
    fn at_least(least: u32) -> Self {
        let seconds = env::var("ES_SOAK_SECONDS")
            .ok()
            .and_then(|seconds| seconds.parse().ok());
        let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
        Self { least, until }
    }

    fn go_on(&self, done: u32) -> bool {
        done < self.least || Instant::now() < self.until
    }
}

/// Kills process after process, and audits what each leaves.
fn kill<C: Tables>(settings: &Settings, views: impl Fn(&Environment) -> Views<C>) -> Result<(), Failed> {
    let runtime = runtime();
    let environment = environment(settings);
    let (mut kills, mut lines, mut generations) = (0, 0, 0);
    let rounds = Rounds::at_least(KILLS);
    // On a slow machine, victims that live longer come after the others.
    while rounds.go_on(kills) || (lines == 0 && kills < KILLS + KILLS / 5) {
        let mut victim = victim::start(settings);
        // Some die before they have opened anything, others in the midst of a rebuild.
        let longest = if kills < KILLS { 400 } else { 4000 };
        thread::sleep(Duration::from_millis(fastrand::u64(5..longest)));
        victim.kill().unwrap();
        victim.wait().unwrap();
        kills += 1;
        let audited = runtime.block_on(async {
            let app = victim::open(&environment).await;
            audit(&app, &views(&environment)).await
        });
        let audited = audited.map_err(|error| format!("after {kills} kills: {error}"))?;
        (lines, generations) = (lines.max(audited.lines), generations.max(audited.generations));
    }
    let reached = runtime.block_on(finish(&environment, &views(&environment)))?;
    println!("{kills} kills, {lines} lines in {generations} generations at the most, {reached} events in the end");
    if lines == 0 {
        return Err("the victims have projected nothing: give them more time".into());
    }
    Ok(())
}

/// Catches up with everything that the victims have left, and audits the result.
async fn finish<C: Tables>(environment: &Environment, views: &Views<C>) -> Result<u64, BoxError> {
    let app = victim::open(environment).await;
    let runner = ProjectionRunner::new(views, Journal::default()).follow(&app);
    let running = runner.lease(LEASE).start().await?;
    running.caught_up().await?;
    let reached = running
        .status()
        .progress
        .first()
        .map_or(0, |progress| progress.position);
    running.rebuild().await?;
    running.stop(Duration::from_secs(10)).await?;
    audit(&app, views).await?;
    Ok(reached)
}

/// Halts one of two processes for longer than a lease, again and again: it goes on as a zombie.
fn halt<C: Tables>(settings: &Settings, views: impl Fn(&Environment) -> Views<C>) -> Result<(), Failed> {
    let runtime = runtime();
    let environment = environment(settings);
    let mut victims = [victim::start(settings), victim::start(settings)];
    let mut halts = 0;
    let rounds = Rounds::at_least(HALTS);
    while rounds.go_on(halts) {
        thread::sleep(Duration::from_millis(fastrand::u64(50..150)));
        let halted = &victims[fastrand::usize(..2)];
        signal(halted, "-STOP");
        thread::sleep(LEASE * 3);
        signal(halted, "-CONT");
        halts += 1;
    }
    for victim in &mut victims {
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    let reached = runtime.block_on(finish(&environment, &views(&environment)))?;
    println!("{halts} halts, {reached} events in the end");
    Ok(())
}

fn signal(process: &Child, signal: &str) {
    let status = Command::new("kill").arg(signal).arg(process.id().to_string()).status();
    assert!(status.unwrap().success());
}

/// A position that is wrong by one is found.
pub(crate) fn control() -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    let settings = sqlite(&folder);
    let environment = environment(&settings);
    let outcome: Result<(), BoxError> = runtime().block_on(async {
        let app = victim::open(&environment).await;
        let views = es_sqlite::views(&environment)?;
        crate::school::dog(&app, "Fido", &["sit"]).await;
        finish(&environment, &views).await?;
        assert_eq!(audit(&app, &views).await?.lines, 4);
        let files = std::fs::read_dir(folder.path().join("school.sqlite-views"))?;
        for file in files
            .filter_map(Result::ok)
            .filter(|file| file.file_name() == "journal_1_2.sqlite")
        {
            let path = file.path().display().to_string();
            let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&path).await?;
            sqlx::query("UPDATE es_tracking SET position = position - 1")
                .execute(&mut connection)
                .await?;
        }
        let error = audit(&app, &views).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "Journal version 1 generation 2 at position 1 has 2 lines instead of 1"
        );
        Ok(())
    });
    Ok(outcome?)
}
