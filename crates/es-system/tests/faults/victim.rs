//! The process that is killed.

use std::{
    env,
    fs::OpenOptions,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use es_application::prelude::*;
use es_domain::prelude::*;
use es_system::{DeliveryKey, Node, RunnerSettings, prelude::*};

use crate::school::{Counters, Dog, DogEvent, dog};

/// The environment variable that starts this program as a victim.
const ORDER: &str = "ES_SYSTEM_VICTIM";

/// The variable that says where deliveries are written down.
pub(crate) const DELIVERIES: &str = "ES_SYSTEM_DELIVERIES";

/// So long does a process that was killed keep others waiting.
pub(crate) const LEASE: Duration = Duration::from_millis(60);

pub(crate) fn is_asked_for() -> bool {
    env::var_os(ORDER).is_some()
}

/// Starts a victim that works with these settings until it is killed.
pub(crate) fn start(settings: &[(&str, String)]) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(ORDER, "1").stdout(Stdio::null()).stderr(Stdio::null());
    for (key, value) in settings {
        command.env(key, value);
    }
    command.spawn().unwrap()
}

/// Works until it is killed.
pub(crate) fn run() -> ! {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let environment = Environment::from_process("School");
    let outcome = runtime.unwrap().block_on(work(environment));
    panic!("a victim works for ever: {outcome:?}");
}

/// A ball that two applications throw to each other, lower each time.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ball {
    root: Root<Self>,
}

#[events]
impl Ball {
    #[event(Thrown)]
    pub(crate) fn throw(height: u32) -> Self {
        Self::default()
    }
}

fn throw_back(event: &BallEvent, processing: &Processing) {
    let BallEvent::Thrown { height } = event;
    if let Some(lower) = height.checked_sub(1) {
        processing.collect(Ball::throw(lower));
    }
}

pub(crate) struct Left;
pub(crate) struct Right;

impl ProcessApplication for Left {
    type Events = BallEvent;
    const NAME: &str = "Left";

    async fn policy(&self, event: &Recorded<BallEvent>, processing: &Processing) -> Result<(), BoxError> {
        throw_back(event.body(), processing);
        Ok(())
    }
}

impl ProcessApplication for Right {
    type Events = BallEvent;
    const NAME: &str = "Right";

    async fn policy(&self, event: &Recorded<BallEvent>, processing: &Processing) -> Result<(), BoxError> {
        throw_back(event.body(), processing);
        Ok(())
    }
}

/// Writes down what it is given.
pub(crate) struct Deliveries(PathBuf);

impl Outbox for Deliveries {
    type Events = DogEvent;
    const NAME: &str = "Deliveries";

    async fn deliver(&self, _: &Recorded<DogEvent>, key: &DeliveryKey) -> Result<(), BoxError> {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.0)?;
        // One call writes the whole line, so that a kill leaves it or not.
        file.write_all(format!("{key}\n").as_bytes())?;
        Ok(())
    }
}

/// The nodes that a victim works with.
pub(crate) struct Nodes {
    pub(crate) dogs: Node,
    pub(crate) left: Node,
}

/// The system that is run: a pipe, a loop, and an outbox.
pub(crate) async fn runner(environment: Environment) -> Result<(TaskRunner, Nodes), BoxError> {
    let deliveries = environment.require(DELIVERIES, "set it to the path of a file")?;
    let deliveries = Deliveries(deliveries.into());
    let mut system = System::new().persistence([es_sqlite::factory(), es_postgres::factory()]);
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);
    let (left, right) = (system.process(Left), system.process(Right));
    system.pipe([left, right, left]);
    system.outbox(dogs, deliveries);
    let settings = RunnerSettings::default().lease(LEASE).batch(7);
    let runner = TaskRunner::start_with(system, environment, settings).await?;
    Ok((runner, Nodes { dogs, left }))
}

/// The file that is there when a victim has begun to work.
pub(crate) fn ready(deliveries: impl Into<PathBuf>, victim: u32) -> PathBuf {
    let mut path = deliveries.into();
    path.add_extension(victim.to_string());
    path
}

async fn work(environment: Environment) -> Result<(), BoxError> {
    let ready = ready(
        environment.require(DELIVERIES, "set it to the path of a file")?,
        std::process::id(),
    );
    let (runner, nodes) = runner(environment).await?;
    std::fs::write(ready, "")?;
    loop {
        dog(runner.application(nodes.dogs), "Fido", &["sit", "jump", "roll over"]).await;
        runner.application(nodes.left).save(&mut Ball::throw(5)).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A dog for the control.
pub(crate) async fn one_dog(app: &Application) -> Id<Dog> {
    dog(app, "Fido", &["sit"]).await.0
}
