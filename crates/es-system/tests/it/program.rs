//! The programs that users write.

use es_application::prelude::*;
use es_system::{prelude::*, testing::given};

use crate::{
    school::{Counter, CounterEvent, Counters, Dog, DogEvent},
    world::{LONG, World, on_every_store, system},
};

on_every_store! { runs_in_tasks, runs_step_by_step, catches_up_at_start }

async fn runs_in_tasks(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);

    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let mut fido = Dog::register("Fido");
    fido.add_trick("sit");
    fido.add_trick("sit");
    let saved = school.application(dogs).save(&mut fido).await?;
    school
        .wait_for(counters, dogs, saved.last().map(Recorded::position))
        .await?;

    let repository = school.application(counters).repository();
    assert_eq!(repository.get(Counter::id_for("sit")).await?.count, 2);
    let events = repository.history(Counter::id_for("sit"), |events| events).await?;
    let metadata: Vec<_> = events
        .into_iter()
        .flat_map(es_domain::ReadEvent::into_domain_events)
        .collect();
    let cause = |event: &Recorded| Some(event.event_id().to_string());
    let causes: Vec<_> = metadata
        .iter()
        .map(|event| event.metadata().get("causation_id").map(str::to_owned))
        .collect();
    assert_eq!(causes, [cause(&saved[1]), cause(&saved[1]), cause(&saved[2])]);
    let correlations: Vec<_> = metadata
        .iter()
        .map(|event| event.metadata().get("correlation_id").map(str::to_owned))
        .collect();
    assert_eq!(correlations, causes);
    school.stop(LONG).await?;
    Ok(())
}

async fn runs_step_by_step(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);

    let mut school = SingleThreadedRunner::start(system, world.environment.clone()).await?;
    let mut fido = Dog::register("Fido");
    fido.add_trick("sit");
    let metadata = Metadata::new().correlation_id("lesson-1");
    let app = school.application(dogs).with_metadata(metadata);
    app.save(&mut fido).await?;

    let first = school.step().await?.expect("the registration");
    assert_eq!(
        (first.position, first.topic.as_str(), first.produced),
        (1, "Dog.Registered", 0)
    );
    let rest = school.settle().await?;
    assert_eq!(
        rest.iter()
            .map(|step| (step.position, step.produced))
            .collect::<Vec<_>>(),
        [(2, 2)]
    );
    let repository = school.application(counters).repository();
    let counter = repository.get(Counter::id_for("sit")).await?;
    assert_eq!((counter.count, counter.modified_on()), (1, school.now()));
    let events = repository.history(counter.id(), |events| events).await?;
    let correlations = events.into_iter().flat_map(es_domain::ReadEvent::into_domain_events);
    assert!(
        correlations
            .into_iter()
            .all(|event| event.metadata().get("correlation_id") == Some("lesson-1"))
    );
    Ok(())
}

/// What was stored before the start is processed without a further event. (The runners of the Python library wait for one.)
async fn catches_up_at_start(world: World) -> Result<(), BoxError> {
    let before = world.open("DogSchool").await;
    crate::school::dog(&before, "Fido", &["sit"; 40]).await;
    let mut system = system();
    let dogs = if world.environment.get("PERSISTENCE_MODULE").is_some() {
        system.application("DogSchool")
    } else {
        // In memory each application that is opened has a store of its own.
        system.upstream(&before)
    };
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    school.wait_for(counters, dogs, 41).await?;
    assert_eq!(crate::school::count(school.application(counters), "sit").await, 40);
    school.stop(LONG).await?;
    Ok(())
}

#[tokio::test]
async fn a_policy_is_tested_alone() -> Result<(), BoxError> {
    given([DogEvent::TrickAdded { trick: "sit".into() }])
        .policy(Counters)
        .await?
        .then(
            Counter::id_for("sit"),
            [
                CounterEvent::Started { trick: "sit".into() },
                CounterEvent::Incremented {},
            ],
        )
        .then_nothing_else();
    given([DogEvent::Registered { name: "Fido".into() }])
        .policy(Counters)
        .await?
        .then_nothing();
    Ok(())
}

#[tokio::test]
#[should_panic(expected = "other events have happened to")]
async fn a_test_of_a_policy_fails_when_another_event_was_expected() {
    let reacted = given([DogEvent::TrickAdded { trick: "sit".into() }])
        .policy(Counters)
        .await;
    drop(
        reacted
            .unwrap()
            .then(Counter::id_for("sit"), [CounterEvent::Started { trick: "sit".into() }]),
    );
}

#[tokio::test]
#[should_panic(expected = "more has happened: Counter.Started of")]
async fn a_test_of_a_policy_fails_when_more_has_happened() {
    let reacted = given([DogEvent::TrickAdded { trick: "sit".into() }])
        .policy(Counters)
        .await;
    reacted.unwrap().then_nothing_else();
}
