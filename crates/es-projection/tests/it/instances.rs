//! Several instances of one projection.

use std::time::{Duration, Instant};

use es_projection::{State, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::dog,
    world::{LONG, SHORT, World, eventually, on_every_store, texts},
};

on_every_store! {
    one_works_and_the_other_takes_over_when_it_stops,
    the_other_takes_over_within_the_time_of_the_lease_when_the_first_dies,
    instances_that_fight_for_the_lease_project_each_event_once,
    two_projections_in_one_database_never_touch_each_other,
}

async fn one_works_and_the_other_takes_over_when_it_stops<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let first = world.runner(&Journal::default()).start().await?;
    dog(&world.app, "Fido", &[]).await;
    first.wait_for(1).await?;
    let idle = Journal::default();
    let second = world.runner(&idle).start().await?;
    dog(&world.app, "Rex", &[]).await;
    second.wait_for(2).await?;
    assert!(matches!(second.status().state, State::Standby));
    assert_eq!(idle.projected(), 0);

    first.stop(LONG).await?;
    dog(&world.app, "Bob", &[]).await;
    second.wait_for_at_most(3, LONG).await?;
    assert_eq!(texts(&second).await?, ["Fido", "Rex", "Bob"]);
    assert_eq!(idle.projected(), 1);
    Ok(())
}

async fn the_other_takes_over_within_the_time_of_the_lease_when_the_first_dies<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &[]).await;
    // The first one has died: it neither renews its lease nor gives it back.
    let store = world.views.store();
    let generation = store.build(es_projection::ViewName::new("Journal", 1)).await?.id;
    let claim = es_projection::views::Claim::new(uuid::Uuid::from_u128(7), SHORT);
    store.acquire(generation, claim).await?.unwrap();
    let begun = Instant::now();
    let second = world.runner(&Journal::default()).start().await?;
    second.wait_for_at_most(1, LONG).await?;
    assert!(
        begun.elapsed() + Duration::from_millis(50) >= SHORT,
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(texts(&second).await?, ["Fido"]);
    Ok(())
}

async fn instances_that_fight_for_the_lease_project_each_event_once<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    for _ in 0..20 {
        dog(&world.app, "Fido", &["sit"; 9]).await;
    }
    let journal = Journal::default();
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(world.runner(&journal).batch(3).start().await?);
    }
    // Whoever has the lease loses it again and again.
    let store = world.views.store();
    let thief = es_projection::views::Claim::new(uuid::Uuid::from_u128(7), Duration::ZERO);
    let view = es_projection::ViewName::new("Journal", 1);
    for _ in 0..20 {
        let all = store.generations("Journal".into()).await?;
        if let Some(serving) = view.serving(&all) {
            store.seize(serving.id.clone(), thief).await?;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running[2].wait_for_at_most(200, LONG).await?;
    let lines = running[0].read().await?.lines().await?;
    assert_eq!(
        lines.iter().map(|(position, _)| *position).collect::<Vec<_>>(),
        (1..=200).collect::<Vec<_>>()
    );
    Ok(())
}

/// Another projection into the same database.
struct Counter;

impl<C: Tables> es_projection::Projection<C> for Counter {
    type Events = crate::school::DogEvent;
    const NAME: &str = "Counter";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(
        &self,
        event: &es_projection::Recorded<crate::school::DogEvent>,
        tables: &mut C,
    ) -> Result<(), BoxError> {
        tables.write(event.position(), "counted").await
    }
}

async fn two_projections_in_one_database_never_touch_each_other<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let journal = world.runner(&Journal::failing_on(["Fido"])).start().await?;
    let counter = es_projection::ProjectionRunner::new(&world.views, Counter);
    let counter = counter.follow(&world.app).start().await?;
    let (_, position) = dog(&world.app, "Fido", &["sit"]).await;
    counter.wait_for_at_most(position, LONG).await?;
    assert_eq!(counter.read().await?.counts().await?["counted"], 2);
    eventually(async || journal.status().state.error().is_some()).await;
    assert!(texts(&journal).await?.is_empty());
    Ok(())
}
