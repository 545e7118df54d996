//! Several instances of one system on one database.

use std::time::Duration;

use es_application::prelude::*;
use es_persistence::{Tracking, TrackingKey};

use es_system::{Node, RunnerSettings, State, prelude::*};

use crate::{
    school::{CounterEvent, Counters, DogEvent, count, dog},
    world::{LONG, SHORT, World, eventually, log, on_every_database, system},
};

on_every_database! {
    one_works_and_the_other_takes_over_when_it_stops,
    another_takes_over_when_the_first_has_died,
    what_another_process_stores_is_heard,
    two_that_fight_for_the_work_do_it_once,
    a_batch_of_the_earlier_instance_is_not_done_again_by_the_next,
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

/// Counts, up to a position that can be raised.
struct Gated(tokio::sync::watch::Receiver<u64>);

impl ProcessApplication for Gated {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        let mut gate = self.0.clone();
        gate.wait_for(|position| *position >= event.position()).await?;
        Counters.policy(event, processing).await
    }
}

/// The earlier instance stores a batch after the next one has read how far it is, and the next one's batch is longer.
async fn a_batch_of_the_earlier_instance_is_not_done_again_by_the_next(world: World) -> Result<(), BoxError> {
    let start = async |gate| {
        let mut system = system();
        let dogs = system.application("DogSchool");
        let counters = system.process(Gated(gate));
        system.pipe([dogs, counters]);
        Ok::<_, BoxError>((
            TaskRunner::start(system, world.environment.clone()).await?,
            dogs,
            counters,
        ))
    };
    let school = world.open("DogSchool").await;
    dog(&school, "Fido", &["sit"; 9]).await;
    let (earlier_gate, gate) = tokio::sync::watch::channel(0);
    let (earlier, _, earlier_counters) = start(gate).await?;
    let mut status = earlier.watch(earlier_counters);
    status
        .wait_for(|status| matches!(status.state, State::CatchingUp))
        .await?;
    eventually(async || earlier_gate.receiver_count() >= 2).await;
    dog(&school, "Rex", &["sit"; 9]).await;

    // The earlier instance does not know that its lease was given away.
    let recorder = world.open("Counters").await.process_recorder().await?;
    let key = TrackingKey::new("es.lease", "Counters");
    let last = recorder.last_tracking(key.clone()).await?.unwrap();
    recorder
        .insert_tracking(Tracking::of(key, last.position + 1).with_fence(last.fence))
        .await?;
    let (next_gate, gate) = tokio::sync::watch::channel(0);
    let (next, dogs, counters) = start(gate).await?;
    eventually(async || next_gate.receiver_count() >= 2).await;

    earlier_gate.send_replace(10);
    let key = TrackingKey::of("DogSchool");
    eventually(async || {
        recorder
            .last_tracking(key.clone())
            .await
            .is_ok_and(|last| last.is_some())
    })
    .await;
    next_gate.send_replace(u64::MAX);
    next.wait_for(counters, dogs, 20).await?;
    earlier_gate.send_replace(u64::MAX);
    earlier.stop(LONG).await?;
    assert_eq!(count(next.application(counters), "sit").await, 18);
    next.stop(LONG).await?;
    Ok(())
}

/// What has caused the increments.
async fn causes(counters: &Application) -> Result<Vec<String>, BoxError> {
    let mut causes = Vec::new();
    for event in log(counters).await {
        if let Some(CounterEvent::Incremented) = event.decode()? {
            causes.extend(event.read_metadata()?.get("causation_id").map(str::to_owned));
        }
    }
    Ok(causes)
}
