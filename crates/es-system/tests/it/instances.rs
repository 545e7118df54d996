//! Several instances of one system on one database.

use std::time::Duration;

use es_application::prelude::*;
use es_persistence::{Tracking, TrackingKey, Upstream as _};
use futures_util::StreamExt as _;

use es_system::{Node, RunnerSettings, State, prelude::*};

use crate::{
    school::{CounterEvent, Counters, count, dog},
    world::{LONG, SHORT, World, on_every_database, system},
};

on_every_database! {
    one_works_and_the_other_takes_over_when_it_stops,
    another_takes_over_when_the_first_has_died,
    what_another_process_stores_is_heard,
    two_that_fight_for_the_work_do_it_once,
}

async fn start(world: &World) -> Result<(TaskRunner, Node, Node), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);
    let settings = RunnerSettings::default().lease(SHORT).batch(3);
    let runner = TaskRunner::start_with(system, world.environment.clone(), settings).await?;
    Ok((runner, dogs, counters))
}

async fn one_works_and_the_other_takes_over_when_it_stops(world: World) -> Result<(), BoxError> {
    let (first, dogs, counters) = start(&world).await?;
    let (_, position) = dog(first.application(dogs), "Fido", &["sit"]).await;
    first.wait_for(counters, dogs, position).await?;
    let (second, others_dogs, others_counters) = start(&world).await?;
    let mut status = second.watch(others_counters);
    status.wait_for(|status| matches!(status.state, State::Standby)).await?;
    let (_, position) = dog(first.application(dogs), "Rex", &["sit"]).await;
    second.wait_for(others_counters, others_dogs, position).await?;
    assert!(matches!(second.status(others_counters).state, State::Standby));

    first.stop(LONG).await?;
    let (_, position) = dog(second.application(others_dogs), "Bob", &["sit"]).await;
    second.wait_for(others_counters, others_dogs, position).await?;
    assert_eq!(count(second.application(others_counters), "sit").await, 3);
    second.stop(LONG).await?;
    Ok(())
}

async fn another_takes_over_when_the_first_has_died(world: World) -> Result<(), BoxError> {
    // The first one has died just now: it neither renews its lease nor gives it back.
    let lease = TrackingKey::new("es.lease", "Counters");
    let counters = world.open("Counters").await.process_recorder().await?;
    let dead = Tracking::of(lease.clone(), 1).with_fence(7);
    let id = es_domain::Stamp::now().event_id();
    counters.insert_tracking(dead.with_event_id(id)).await?;
    let (runner, dogs, follower) = start(&world).await?;
    let (_, position) = dog(runner.application(dogs), "Fido", &["sit"]).await;
    runner.wait_for(follower, dogs, position).await?;
    assert_eq!(counters.last_tracking(lease).await?.unwrap().fence, 8);
    let tracking = counters.last_tracking(TrackingKey::of("DogSchool")).await?.unwrap();
    assert_eq!((tracking.position, tracking.fence), (2, 8));
    runner.stop(LONG).await?;
    Ok(())
}

async fn what_another_process_stores_is_heard(world: World) -> Result<(), BoxError> {
    let (runner, dogs, counters) = start(&world).await?;
    let elsewhere = world.open("DogSchool").await;
    for trick in ["sit", "jump", "sit"] {
        let (_, position) = dog(&elsewhere, "Fido", &[trick]).await;
        runner.wait_for(counters, dogs, position).await?;
    }
    assert_eq!(count(runner.application(counters), "sit").await, 2);
    runner.stop(LONG).await?;
    Ok(())
}

async fn two_that_fight_for_the_work_do_it_once(world: World) -> Result<(), BoxError> {
    let school = world.open("DogSchool").await;
    for _ in 0..20 {
        dog(&school, "Fido", &["sit"; 9]).await;
    }
    let (first, ..) = start(&world).await?;
    let (second, dogs, counters) = start(&world).await?;
    // Whoever has the lease loses it again and again.
    let recorder = world.open("Counters").await.process_recorder().await?;
    let key = TrackingKey::new("es.lease", "Counters");
    for _ in 0..20 {
        if let Some(last) = recorder.last_tracking(key.clone()).await? {
            let stolen = Tracking::of(key.clone(), last.position + 1).with_fence(last.fence + 1);
            drop(recorder.insert_tracking(stolen).await);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    second.wait_for(counters, dogs, 200).await?;
    let counted = second.application(counters);
    assert_eq!(count(counted, "sit").await, 180);
    let mut causes = causes(counted).await?;
    let all = causes.len();
    causes.sort_unstable();
    causes.dedup();
    assert_eq!((all, causes.len()), (180, 180), "each event has caused one");
    first.stop(LONG).await?;
    second.stop(LONG).await?;
    Ok(())
}

/// What has caused the increments.
async fn causes(counters: &Application) -> Result<Vec<String>, BoxError> {
    let mut pages = counters.pages(0, CounterEvent::topics(), 1000);
    let page = pages.next().await.transpose()?;
    let mut causes = Vec::new();
    for event in page.into_iter().flat_map(|page| page.events) {
        if let Some(CounterEvent::Incremented) = event.decode()? {
            causes.extend(event.read_metadata()?.get("causation_id").map(str::to_owned));
        }
    }
    Ok(causes)
}
