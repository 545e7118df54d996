//! Commands as aggregates at the head of a system, and a policy that is applied to its own events until none is left.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_persistence::Upstream as _;
use es_system::prelude::*;

use crate::{
    school::{Dog, DogEvent},
    world::{LONG, World, log, on_every_store, system},
};

on_every_store! {
    a_command_that_is_an_aggregate_is_carried_out_once_and_answered,
    a_policy_is_applied_to_its_own_events_until_none_is_left,
}

/// The wish that a dog be registered, which others can follow, repeat and answer.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
struct Registration {
    root: Root<Self>,
    dog: Option<Id<Dog>>,
}

#[events]
impl Registration {
    #[event(Wished)]
    fn wish(name: &str) -> Self {
        Self::default()
    }

    #[event(Done)]
    fn done(&mut self, dog: Id<Dog>) {
        self.dog = Some(dog);
    }
}

/// Answers the commands.
struct Registrations;

impl ProcessApplication for Registrations {
    type Events = DogEvent;
    const NAME: &str = "Registrations";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        let (DogEvent::Registered { .. }, Some(command)) = (event.body(), event.metadata().get("command")) else {
            return Ok(());
        };
        processing
            .get(command.parse::<Id<Registration>>()?)
            .await?
            .done(event.originator_id());
        Ok(())
    }
}

/// Carries the commands out, and says by metadata which command it was.
struct Dogs;

impl ProcessApplication for Dogs {
    type Events = RegistrationEvent;
    const NAME: &str = "Dogs";

    async fn policy(&self, event: &Recorded<RegistrationEvent>, processing: &Processing) -> Result<(), BoxError> {
        if let RegistrationEvent::Wished { name } = event.body() {
            let metadata = Metadata::new().with("command", event.originator_id());
            processing.collect(es_domain::with_metadata(metadata, || Dog::register(name)));
        }
        Ok(())
    }
}

async fn a_command_that_is_an_aggregate_is_carried_out_once_and_answered(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let commands = system.process(Registrations);
    let dogs = system.process(Dogs);
    system.pipe([commands, dogs, commands]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let mut wish = Registration::wish("Fido");
    let wished = school.application(commands).save(&mut wish).await?;
    school
        .wait_through([commands, dogs, commands], wished[0].position())
        .await?;
    let answered = school.application(commands).repository().get(wish.id()).await?;
    let dog = answered.dog.expect("it is answered");
    assert!(school.application(dogs).repository().contains(dog).await?);
    school.stop(LONG).await?;
    Ok(())
}

/// Counts down.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    root: Root<Self>,
}

#[events]
impl Count {
    #[event(Reached)]
    pub(crate) fn reach(number: u32) -> Self {
        Self::default()
    }
}

pub(crate) struct Countdown;
pub(crate) struct OtherCountdown;

impl ProcessApplication for Countdown {
    type Events = CountEvent;
    const NAME: &str = "Countdown";

    async fn policy(&self, event: &Recorded<CountEvent>, processing: &Processing) -> Result<(), BoxError> {
        let CountEvent::Reached { number } = event.body();
        if let Some(next) = number.checked_sub(1) {
            processing.collect(Count::reach(next));
        }
        Ok(())
    }
}

impl ProcessApplication for OtherCountdown {
    type Events = CountEvent;
    const NAME: &str = "OtherCountdown";

    async fn policy(&self, event: &Recorded<CountEvent>, processing: &Processing) -> Result<(), BoxError> {
        Countdown.policy(event, processing).await
    }
}

async fn a_policy_is_applied_to_its_own_events_until_none_is_left(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let countdown = system.process(Countdown);
    system.pipe([countdown, countdown]);
    let runner = TaskRunner::start(system, world.environment.clone()).await?;
    let app = runner.application(countdown);
    app.with_metadata(Metadata::new().correlation_id("launch"))
        .save(&mut Count::reach(20))
        .await?;
    runner.settled().await?;
    let log = log(app).await;
    assert_eq!(log.len(), 21);
    let last = &log[20];
    assert_eq!(
        last.decode::<CountEvent>()?
            .map(|CountEvent::Reached { number }| number),
        Some(0)
    );
    assert_eq!(last.read_metadata()?.get("correlation_id"), Some("launch"));
    assert_eq!(app.log().max_position().await?, Some(last.position()));
    runner.stop(LONG).await?;
    Ok(())
}
