//! Systems: a pipeline of three applications, one hop of it, and single steps.

use std::{env, time::Instant};

use es_application::Environment;
use es_domain::{Uuid, prelude::*};
use es_system::{BoxError, Node, ProcessApplication, Processing, Recorded, SingleThreadedRunner, System, TaskRunner};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::{
    AnyError,
    dog::{Dog, DogEvent},
    measure::{Bench, Lap, Rounds},
};

/// What a pipeline does with an event of the first application.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counter {
    root: Root<Self>,
    count: u64,
}

#[events(vis = pub(crate))]
impl Counter {
    #[event(Started, id = Self::id_for(name))]
    pub(crate) fn start(name: &str) -> Self {
        Self::default()
    }

    #[event(Incremented)]
    pub(crate) fn increment(&mut self) {
        self.count += 1;
    }

    fn id_for(name: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, name)
    }
}

struct Counters;

impl ProcessApplication for Counters {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        if let DogEvent::TrickAdded { trick } = event.body() {
            let counter = processing.get_or(Counter::id_for(trick), || Counter::start(trick));
            counter.await?.increment();
        }
        Ok(())
    }
}

struct Totals;

impl ProcessApplication for Totals {
    type Events = CounterEvent;
    const NAME: &str = "Totals";

    async fn policy(&self, event: &Recorded<CounterEvent>, processing: &Processing) -> Result<(), BoxError> {
        if let CounterEvent::Incremented = event.body() {
            let total = processing.get_or(Counter::id_for("total"), || Counter::start("total"));
            total.await?.increment();
        }
        Ok(())
    }
}

/// How many events go through the pipeline.
const EVENTS: usize = 5_000;

/// How many hops are timed.
const HOPS: usize = 200;

pub(crate) async fn run(bench: &Bench) -> Result<(), AnyError> {
    steps(bench).await?;
    let folder = tempfile::tempdir_in(".")?;
    let files = Rounds::numbers().map(|round| {
        let path = folder.path().join(format!("{round}.sqlite")).display().to_string();
        let environment = Environment::new("bench").with("PERSISTENCE_MODULE", "sqlite");
        environment.with("SQLITE_DBNAME", path)
    });
    on_store(bench, "sqlite", files.collect()).await?;
    let Ok(url) = env::var("ES_POSTGRES_URL") else {
        return Ok(());
    };
    drop_schemas(&url).await?;
    let schemas = Rounds::numbers().filter_map(|round| crate::postgres::environment(&url, &schema(round)));
    on_store(bench, "postgres", schemas.collect()).await?;
    drop_schemas(&url).await
}

fn schema(round: usize) -> String {
    format!("es_bench_system_{round}")
}

async fn drop_schemas(url: &str) -> Result<(), AnyError> {
    let mut connection = PgConnection::connect(url).await?;
    for round in Rounds::numbers() {
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", schema(round));
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    Ok(())
}

fn pipeline() -> (System, [Node; 3]) {
    let mut system = System::new().persistence([es_sqlite::factory(), es_postgres::factory()]);
    let dogs = system.application("DogSchool");
    let (counters, totals) = (system.process(Counters), system.process(Totals));
    system.pipe([dogs, counters, totals]);
    (system, [dogs, counters, totals])
}

fn dogs(events: usize) -> Vec<Dog> {
    let mut dogs: Vec<_> = (0..events / 10).map(|_| Dog::register("Fido")).collect();
    for dog in &mut dogs {
        for trick in [
            "sit",
            "jump",
            "roll over",
            "sit",
            "jump",
            "roll over",
            "sit",
            "jump",
            "bark",
        ] {
            dog.add_trick(trick);
        }
    }
    dogs
}

/// Steps through a pipeline in memory.
async fn steps(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "system: a step, single-threaded, in memory";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let (system, [dogs_node, ..]) = pipeline();
        let mut runner = SingleThreadedRunner::start(system, Environment::new("bench")).await?;
        let mut dogs = dogs(EVENTS);
        runner
            .application(dogs_node)
            .save(dogs.iter_mut().collect::<Vec<_>>())
            .await?;
        let start = Instant::now();
        let steps = runner.settle().await?.len();
        let lap = Lap::since(start);
        rounds.add(round, steps, lap, lap);
    }
    Bench::row(NAME, rounds.figures().0, None);
    Ok(())
}

/// Measures what a pipeline costs on a store, with a database for each round.
async fn on_store(bench: &Bench, store: &str, databases: Vec<Environment>) -> Result<(), AnyError> {
    let through = format!("system: {store}, an event through 3 applications");
    let hop = format!("system: {store}, one hop, from save to effect");
    if !(bench.wants(&through) || bench.wants(&hop)) {
        return Ok(());
    }
    let (mut throughs, mut hops) = (Rounds::new(), Rounds::new());
    for (round, environment) in databases.into_iter().enumerate() {
        let (system, nodes) = pipeline();
        let runner = TaskRunner::start(system, environment).await?;
        let lap = through_all(&runner, nodes).await?;
        throughs.add(round, EVENTS, lap, lap);
        let lap = one_hop(&runner, nodes).await?;
        hops.add(round, 1, lap, lap);
        runner.stop(std::time::Duration::from_secs(10)).await?;
    }
    Bench::row(&through, throughs.figures().0, None);
    Bench::row(&hop, hops.figures().0, None);
    Ok(())
}

/// How long it takes until all events have had their effect on the last application.
async fn through_all(runner: &TaskRunner, [dogs_node, counters, totals]: [Node; 3]) -> Result<Lap, AnyError> {
    let mut dogs = dogs(EVENTS);
    let start = Instant::now();
    let saved = runner
        .application(dogs_node)
        .save(dogs.iter_mut().collect::<Vec<_>>())
        .await?;
    let last = saved.last().map(Recorded::position);
    runner.wait_through([dogs_node, counters, totals], last).await?;
    Ok(Lap::since(start))
}

/// How long it takes at the median until a single event has had its effect on the next application.
async fn one_hop(runner: &TaskRunner, [dogs_node, counters, _]: [Node; 3]) -> Result<Lap, AnyError> {
    let mut dog = Dog::register("Rex");
    let mut laps = Vec::new();
    for _ in 0..HOPS {
        dog.add_trick("sit");
        let start = Instant::now();
        let saved = runner.application(dogs_node).save(&mut dog).await?;
        let position = saved.last().map(Recorded::position);
        runner.wait_for(counters, dogs_node, position).await?;
        laps.push(Lap::since(start));
    }
    Ok(Lap::median(laps))
}
