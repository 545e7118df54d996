//! The order of what comes of events.

use es_persistence::Upstream as _;
use es_system::{RunnerSettings, prelude::*};

use crate::{
    school::{Counters, dog},
    world::{LONG, World, log, on_every_store, system},
};

on_every_store! { what_comes_of_one_event_stands_before_what_comes_of_the_next, settled_waits_for_loops }

async fn what_comes_of_one_event_stands_before_what_comes_of_the_next(world: World) -> Result<(), BoxError> {
    let before = world.open("DogSchool").await;
    let tricks: Vec<_> = ["sit", "jump", "sit", "roll over"]
        .into_iter()
        .cycle()
        .take(40)
        .collect();
    dog(&before, "Fido", &tricks).await;
    let mut system = system();
    let dogs = if world.environment.get("PERSISTENCE_MODULE").is_some() {
        system.application("DogSchool")
    } else {
        system.upstream(&before)
    };
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);
    // All of them are taken in one transaction.
    let settings = RunnerSettings::default().batch(100);
    let school = TaskRunner::start_with(system, world.environment.clone(), settings).await?;
    school.wait_for(counters, dogs, 41).await?;

    let mut causes = Vec::new();
    for event in log(school.application(counters)).await {
        causes.extend(event.read_metadata()?.get("causation_id").map(str::to_owned));
    }
    causes.dedup();
    let events: Vec<_> = log(&before)
        .await
        .iter()
        .skip(1)
        .map(|event| event.event_id().to_string())
        .collect();
    assert_eq!(causes, events);
    school.stop(LONG).await?;
    Ok(())
}

async fn settled_waits_for_loops(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let one = system.process(crate::commands::Countdown);
    let other = system.process(crate::commands::OtherCountdown);
    system.pipe([one, other, one]);
    let runner = TaskRunner::start(system, world.environment.clone()).await?;
    for round in 1..=5 {
        runner
            .application(one)
            .save(&mut crate::commands::Count::reach(9))
            .await?;
        runner.settled().await?;
        let mut lengths = Vec::new();
        for node in [one, other] {
            lengths.push(runner.application(node).log().max_position().await?);
        }
        let expected = Some(round * 5);
        assert_eq!(lengths, [expected, expected]);
    }
    runner.stop(LONG).await?;
    Ok(())
}
