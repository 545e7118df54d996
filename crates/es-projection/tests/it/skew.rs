//! A rolling deployment: two versions of a program run at the same time, and the older one does not know all events.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_projection::{Failure, Projection, ProjectionError, ProjectionRunner, Remedy, WaitError, prelude::BoxError};

use crate::{
    journal::Tables,
    world::{LONG, SHORT, World, on_every_store, texts},
};

on_every_store! {
    an_event_that_only_the_newer_program_knows_is_not_passed_over,
    a_set_that_has_grown_by_an_aggregate_with_a_past_is_refused,
    a_set_that_has_grown_by_an_aggregate_without_a_past_is_taken,
    an_older_program_with_a_smaller_set_is_refused,
}

mod old {
    use super::*;

    #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    #[aggregate(topic = "Dog")]
    pub(super) struct Dog {
        root: Root<Self>,
    }

    #[events]
    impl Dog {
        #[event(Registered)]
        pub(super) fn register(name: &str) -> Self {
            Self::default()
        }
    }
}

mod new {
    use super::*;

    #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    #[aggregate(topic = "Dog")]
    pub(super) struct Dog {
        root: Root<Self>,
    }

    #[events]
    impl Dog {
        #[event(Registered)]
        pub(super) fn register(name: &str) -> Self {
            Self::default()
        }

        #[event(Renamed)]
        pub(super) fn rename(&mut self, name: &str) {}
    }

    #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    pub(super) struct Cat {
        root: Root<Self>,
    }

    #[events]
    impl Cat {
        #[event(Registered)]
        pub(super) fn register(name: &str) -> Self {
            Self::default()
        }
    }

    #[derive(EventSet)]
    pub(super) enum AnimalEvent {
        Dog(DogEvent),
        Cat(CatEvent),
    }
}

/// The projection of the older program.
struct OldNames;

impl<C: Tables> Projection<C> for OldNames {
    type Events = old::DogEvent;
    const NAME: &str = "Names";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &Recorded<old::DogEvent>, tables: &mut C) -> Result<(), BoxError> {
        let old::DogEvent::Registered { name } = event.body();
        tables.write(event.position(), name).await
    }
}

/// The same projection in the newer program.
struct NewNames;

impl<C: Tables> Projection<C> for NewNames {
    type Events = new::DogEvent;
    const NAME: &str = "Names";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &Recorded<new::DogEvent>, tables: &mut C) -> Result<(), BoxError> {
        let (new::DogEvent::Registered { name } | new::DogEvent::Renamed { name }) = event.body();
        tables.write(event.position(), name).await
    }
}

/// The same projection, which sees cats, too.
struct AnimalNames;

impl<C: Tables> Projection<C> for AnimalNames {
    type Events = new::AnimalEvent;
    const NAME: &str = "Names";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &Recorded<new::AnimalEvent>, tables: &mut C) -> Result<(), BoxError> {
        let (new::AnimalEvent::Dog(new::DogEvent::Registered { name } | new::DogEvent::Renamed { name })
        | new::AnimalEvent::Cat(new::CatEvent::Registered { name })) = event.body();
        tables.write(event.position(), name).await
    }
}

fn run<C: Tables, P: Projection<C>>(world: &World<C>, projection: P) -> ProjectionRunner<P, C> {
    let runner = ProjectionRunner::new(&world.views, projection);
    let stop = |_: &Failure| Remedy::Stop;
    runner.follow(&world.app).lease(SHORT).on_error(stop)
}

fn refused(waited: Result<(), WaitError>) -> ProjectionError {
    match waited {
        Err(WaitError::Projection(error)) => error,
        other => panic!("it was to be refused: {other:?}"),
    }
}

async fn an_event_that_only_the_newer_program_knows_is_not_passed_over<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    let older = run(&world, OldNames).start().await?;
    world.app.save(&mut old::Dog::register("Fido")).await?;
    let mut bob = new::Dog::register("Bob");
    bob.rename("Rex");
    world.app.save(&mut bob).await?;
    let error = refused(older.wait_for_at_most(3, LONG).await);
    let ProjectionError::Stopped { source, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((source.position, &*source.topic), (3, "Dog.Renamed"));

    let newer = run(&world, NewNames).start().await?;
    newer.wait_for_at_most(3, LONG).await?;
    assert_eq!(texts(&newer).await?, ["Fido", "Bob", "Rex"]);
    Ok(())
}

async fn a_set_that_has_grown_by_an_aggregate_with_a_past_is_refused<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    world.app.save(&mut new::Dog::register("Fido")).await?;
    world.app.save(&mut new::Cat::register("Tom")).await?;
    let dogs = run(&world, NewNames).start().await?;
    dogs.wait_for_at_most(2, LONG).await?;
    dogs.stop(LONG).await?;

    let animals = run(&world, AnimalNames).start().await?;
    let error = refused(animals.wait_for_at_most(3, LONG).await);
    assert!(
        matches!(error, ProjectionError::SetHasGrown { position: 2, .. }),
        "{error:?}"
    );
    Ok(())
}

async fn a_set_that_has_grown_by_an_aggregate_without_a_past_is_taken<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    world.app.save(&mut new::Dog::register("Fido")).await?;
    let dogs = run(&world, NewNames).start().await?;
    dogs.wait_for_at_most(1, LONG).await?;
    dogs.stop(LONG).await?;
    world.app.save(&mut new::Cat::register("Tom")).await?;
    let animals = run(&world, AnimalNames).start().await?;
    animals.wait_for_at_most(2, LONG).await?;
    assert_eq!(texts(&animals).await?, ["Fido", "Tom"]);
    Ok(())
}

async fn an_older_program_with_a_smaller_set_is_refused<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    world.app.save(&mut new::Cat::register("Tom")).await?;
    let animals = run(&world, AnimalNames).start().await?;
    animals.wait_for_at_most(1, LONG).await?;
    animals.stop(LONG).await?;
    let dogs = run(&world, NewNames).start().await?;
    let error = refused(dogs.wait_for_at_most(2, LONG).await);
    assert!(matches!(error, ProjectionError::SetHasShrunk { .. }), "{error:?}");
    Ok(())
}
