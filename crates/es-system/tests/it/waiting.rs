//! Waiting for effects.

use es_application::prelude::*;
use es_domain::{Uuid, prelude::*};
use es_system::{WaitError, prelude::*};

use crate::{
    school::{CounterEvent, Counters, count, dog},
    world::{LONG, World, on_every_store, system},
};

on_every_store! {
    an_effect_is_waited_for_through_several_applications,
    positions_of_events_that_are_not_selected_are_reached,
}

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Total {
    root: Root<Self>,
    pub(crate) total: u64,
}

#[events]
impl Total {
    #[event(Begun, id = Self::only())]
    pub(crate) fn begin() -> Self {
        Self::default()
    }

    #[event(Raised)]
    pub(crate) fn raise(&mut self) {
        self.total += 1;
    }

    pub(crate) fn only() -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, "total")
    }
}

/// Counts what the counters have counted.
pub(crate) struct Totals;

impl ProcessApplication for Totals {
    type Events = CounterEvent;
    const NAME: &str = "Totals";

    async fn policy(&self, event: &Recorded<CounterEvent>, processing: &Processing) -> Result<(), BoxError> {
        if let CounterEvent::Incremented = event.body() {
            processing.get_or(Total::only(), Total::begin).await?.raise();
        }
        Ok(())
    }
}

async fn an_effect_is_waited_for_through_several_applications(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    let totals = system.process(Totals);
    system.pipe([dogs, counters, totals]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    for round in 1..=5 {
        let (_, position) = dog(school.application(dogs), "Fido", &["sit", "jump"]).await;
        school.wait_through([dogs, counters, totals], position).await?;
        let total = school.application(totals).repository().get(Total::only()).await?;
        assert_eq!(total.total, round * 2);
    }
    dog(school.application(dogs), "Fido", &["sit"; 50]).await;
    school.settled().await?;
    assert_eq!(
        school.application(totals).repository().get(Total::only()).await?.total,
        60
    );
    school.wait_for(counters, dogs, None).await?;

    let error = school.wait_for(totals, dogs, 1).await.unwrap_err();
    assert!(matches!(error, WaitError::NotFollowed { .. }));
    assert_eq!(
        error.to_string(),
        "Totals does not follow DogSchool: name a leader and one of its followers"
    );
    school.stop(LONG).await?;
    Ok(())
}

async fn positions_of_events_that_are_not_selected_are_reached(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Counters);
    system.pipe([dogs, counters]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let app: &Application = school.application(dogs);
    let saved = app.save(&mut Total::begin()).await?;
    school.wait_for(counters, dogs, saved[0].position()).await?;
    let (_, position) = dog(app, "Fido", &["sit"]).await;
    school.wait_for(counters, dogs, position).await?;
    assert_eq!(count(school.application(counters), "sit").await, 1);
    school.stop(LONG).await?;
    Ok(())
}
