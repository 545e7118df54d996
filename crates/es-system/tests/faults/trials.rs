//! The tests.

use std::{
    env,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use es_application::prelude::*;
use es_domain::Metadata;
use es_persistence::{Tracking, TrackingKey};
use es_system::prelude::*;
use libtest_mimic::Failed;

use crate::{
    audit::{Audited, audit, open},
    school::Counter,
    server::{Server, fresh_schema},
    victim::{self, DELIVERIES, LEASE},
};

/// Where victims work.
struct Place {
    settings: Vec<(&'static str, String)>,
    environment: Environment,
    deliveries: PathBuf,
    _folder: tempfile::TempDir,
}

/// How many processes are killed in a run of the tests on SQLite, and on a server, where each one takes longer to begin.
const KILLS: (u32, u32) = (30, 8);

/// How many milliseconds a victim works at most, likewise.
const LIVES: (u64, u64) = (500, 2500);

/// How often a process is halted.
const HALTS: u32 = 10;

impl Place {
    fn new(settings: impl FnOnce(&tempfile::TempDir) -> Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deliveries = folder.path().join("deliveries");
        let mut settings = settings(&folder);
        settings.push((DELIVERIES, deliveries.display().to_string()));
        let environment = settings
            .iter()
            .fold(Environment::new("School"), |all, (key, value)| all.with(*key, value));
        Self {
            settings,
            environment,
            deliveries,
            _folder: folder,
        }
    }

    fn on_sqlite() -> Self {
        Self::new(|folder| {
            let file = folder.path().join("school.sqlite").display().to_string();
            vec![("PERSISTENCE_MODULE", "sqlite".to_owned()), ("SQLITE_DBNAME", file)]
        })
    }

    fn start(&self) -> Child {
        victim::start(&self.settings)
    }

    /// Waits until the victims have begun to work, for a while.
    fn wait_until_ready(&self, victims: &[Child]) {
        let end = Instant::now() + Duration::from_mins(1);
        let is_ready = |victim: &Child| victim::ready(&self.deliveries, victim.id()).exists();
        while !victims.iter().all(is_ready) && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn audit(&self, runtime: &tokio::runtime::Runtime) -> Result<Audited, BoxError> {
        runtime.block_on(audit(&self.environment, &self.deliveries))
    }

    /// Catches up with everything that the victims have left, and audits the result.
    fn finish(&self, runtime: &tokio::runtime::Runtime) -> Result<Audited, BoxError> {
        runtime.block_on(async {
            let (runner, _) = victim::runner(self.environment.clone()).await?;
            runner.settled().await?;
            runner.stop(Duration::from_secs(30)).await?;
            audit(&self.environment, &self.deliveries).await
        })
    }
}

pub(crate) fn kill_on_sqlite() -> Result<(), Failed> {
    kill(&Place::on_sqlite(), KILLS.0, LIVES.0)
}

pub(crate) fn halt_on_sqlite() -> Result<(), Failed> {
    halt(&Place::on_sqlite())
}

pub(crate) fn kill_on_postgres() -> Result<(), Failed> {
    on_postgres(|place| kill(place, KILLS.1, LIVES.1))
}

pub(crate) fn halt_on_postgres() -> Result<(), Failed> {
    on_postgres(halt)
}

fn on_postgres(test: impl FnOnce(&Place) -> Result<(), Failed>) -> Result<(), Failed> {
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
    let outcome = test(&Place::new(|_| settings.to_vec()));
    runtime().block_on(server.drop_schema(&schema));
    outcome
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
        let seconds = env::var("ES_SOAK_SECONDS").ok();
        let seconds = seconds.and_then(|seconds| seconds.parse().ok());
        let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
        Self { least, until }
    }

    fn go_on(&self, done: u32) -> bool {
        done < self.least || Instant::now() < self.until
    }
}

/// Kills process after process, sometimes two at once, and audits what they leave.
fn kill(place: &Place, kills_wanted: u32, longest: u64) -> Result<(), Failed> {
    let runtime = runtime();
    let (mut kills, mut most) = (0, Audited::default());
    let rounds = Rounds::at_least(kills_wanted);
    while rounds.go_on(kills) || (most.effects == 0 && kills < kills_wanted * 3) {
        let mut victims = vec![place.start()];
        if kills % 3 == 2 {
            victims.push(place.start());
        }
        // One of five dies before it has opened anything, or soon after.
        if kills % 5 != 4 {
            place.wait_until_ready(&victims);
        }
        thread::sleep(Duration::from_millis(fastrand::u64(5..longest)));
        for victim in &mut victims {
            victim.kill().unwrap();
            victim.wait().unwrap();
            kills += 1;
        }
        most = place
            .audit(&runtime)
            .map_err(|error| format!("after {kills} kills: {error}"))?;
    }
    let last = place.finish(&runtime)?;
    println!("{kills} kills, {last} in the end");
    if most.effects == 0 {
        return Err("the victims have done nothing: give them more time".into());
    }
    Ok(())
}

/// Halts one of two processes for longer than a lease, again and again: it goes on as a zombie.
fn halt(place: &Place) -> Result<(), Failed> {
    let runtime = runtime();
    let mut victims = [place.start(), place.start()];
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
    place.audit(&runtime)?;
    let last = place.finish(&runtime)?;
    println!("{halts} halts, {last} in the end");
    Ok(())
}

fn signal(process: &Child, signal: &str) {
    let status = Command::new("kill").arg(signal).arg(process.id().to_string()).status();
    assert!(status.unwrap().success());
}

/// An effect too many, an effect that is missing and a delivery that is missing are found.
pub(crate) fn control() -> Result<(), Failed> {
    let (place, runtime) = (Place::on_sqlite(), runtime());
    runtime.block_on(async {
        let dogs = open(&place.environment, "DogSchool").await?;
        victim::one_dog(&dogs).await;
        Ok::<_, BoxError>(())
    })?;
    assert_eq!(place.finish(&runtime)?.effects, 1);
    let outcome: Result<(), BoxError> = runtime.block_on(async {
        let counters = open(&place.environment, "Counters").await?;
        let events = counters
            .repository()
            .history(Counter::id_for("sit"), |events| events)
            .await?;
        let cause = events[0].metadata().get("causation_id").unwrap().to_owned();
        let again = counters.with_metadata(Metadata::new().causation_id(cause));
        again.execute(Counter::id_for("sit"), Counter::increment).await?;
        Ok(())
    });
    outcome?;
    let error = place.audit(&runtime).unwrap_err().to_string();
    assert_eq!(
        error,
        "Counters at position 2 of DogSchool: 0 effects are missing, 1 are too many"
    );

    let place = Place::on_sqlite();
    runtime.block_on(async {
        let dogs = open(&place.environment, "DogSchool").await?;
        victim::one_dog(&dogs).await;
        let counters = open(&place.environment, "Counters").await?.process_recorder().await?;
        counters.insert_tracking(Tracking::new("DogSchool", 2)).await?;
        Ok::<_, BoxError>(())
    })?;
    let error = place.audit(&runtime).unwrap_err().to_string();
    assert_eq!(
        error,
        "Counters at position 2 of DogSchool: 1 effects are missing, 0 are too many"
    );

    let place = Place::on_sqlite();
    runtime.block_on(async {
        let dogs = open(&place.environment, "DogSchool").await?;
        victim::one_dog(&dogs).await;
        let tracking = Tracking::of(TrackingKey::new("Deliveries", "DogSchool"), 1);
        dogs.process_recorder().await?.insert_tracking(tracking).await?;
        Ok::<_, BoxError>(())
    })?;
    let error = place.audit(&runtime).unwrap_err().to_string();
    assert_eq!(error, "the event at position 1 was not delivered");
    Ok(())
}
