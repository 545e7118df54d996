//! The runner that takes steps.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_system::{Disposition, FollowerError, SystemError, prelude::*};

use crate::{
    school::{Counters, DogEvent, count, dog},
    world::{World, on_every_store, system},
};

on_every_store! { a_step_that_fails_is_told_and_tried_again_by_the_next }

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ball {
    root: Root<Self>,
}

#[events]
impl Ball {
    #[event(Thrown)]
    pub(crate) fn throw() -> Self {
        Self::default()
    }
}

/// Throws each ball back.
struct Ping;
struct Pong;

impl ProcessApplication for Ping {
    type Events = BallEvent;
    const NAME: &str = "Ping";

    async fn policy(&self, _: &Recorded<BallEvent>, processing: &Processing) -> Result<(), BoxError> {
        processing.collect(Ball::throw());
        Ok(())
    }
}

impl ProcessApplication for Pong {
    type Events = BallEvent;
    const NAME: &str = "Pong";

    async fn policy(&self, event: &Recorded<BallEvent>, processing: &Processing) -> Result<(), BoxError> {
        Ping.policy(event, processing).await
    }
}

#[tokio::test]
async fn a_loop_without_an_end_is_an_error() -> Result<(), BoxError> {
    let mut system = System::new();
    let (first, second) = (system.process(Ping), system.process(Pong));
    system.pipe([first, second, first]);
    let mut game = SingleThreadedRunner::start(system, Environment::new("Game")).await?;
    assert_eq!(game.step().await?, None);
    game.application(first).save(&mut Ball::throw()).await?;
    let steps = [game.step().await?.unwrap(), game.step().await?.unwrap()];
    let names = steps.map(|step| (step.follower.to_string(), step.leader.to_string(), step.position));
    assert_eq!(
        names,
        [("Pong".into(), "Ping".into(), 1), ("Ping".into(), "Pong".into(), 1)]
    );
    let error = game.settle_within(50).await.unwrap_err();
    assert!(matches!(error, SystemError::Restless { steps: 50 }), "{error}");
    Ok(())
}

/// Fails at one trick.
struct Shy;

impl ProcessApplication for Shy {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        match event.body() {
            DogEvent::TrickAdded { trick } if trick == "moon" => Err("no dog does that".into()),
            _ => Counters.policy(event, processing).await,
        }
    }
}

async fn a_step_that_fails_is_told_and_tried_again_by_the_next(world: World) -> Result<(), BoxError> {
    let mut one = system();
    let dogs = one.application("DogSchool");
    let counters = one.process(Shy);
    one.pipe([dogs, counters]);
    let mut school = SingleThreadedRunner::start(one, world.environment.clone()).await?;
    dog(school.application(dogs), "Fido", &["sit", "moon", "sit"]).await;
    for _ in 0..2 {
        let error = school.settle().await.unwrap_err();
        let SystemError::Follower(FollowerError::Stopped { source, .. }) = &error else {
            panic!("{error}");
        };
        assert_eq!((source.position, source.attempts), (3, 5));
    }
    assert_eq!(count(school.application(counters), "sit").await, 1);

    if world.environment.get("PERSISTENCE_MODULE").is_none() {
        return Ok(());
    }
    let mut other = system();
    let dogs = other.application("DogSchool");
    let counters = other.process(Shy);
    other.pipe([dogs, counters]);
    other.on_error(counters, |_| Remedy::SetAside);
    let mut school = SingleThreadedRunner::start(other, world.environment.clone()).await?;
    assert_eq!(
        school.settle().await?.len(),
        2,
        "it goes on where the other one stopped"
    );
    assert_eq!(school.dead_letters(counters).await?.len(), 2);
    let left = school.retry_dead_letters(counters).await?;
    assert!(left.iter().all(|letter| letter.disposition == Disposition::SetAside));
    assert_eq!(left[0].attempts, 2);
    Ok(())
}
