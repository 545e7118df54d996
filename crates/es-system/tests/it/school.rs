//! The applications of the tests: a dog school, and one that counts.

use es_application::prelude::*;
use es_domain::{Uuid, prelude::*};
use es_system::prelude::*;

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Dog {
    root: Root<Self>,
    name: String,
    tricks: Vec<String>,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    pub(crate) fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event(TrickAdded)]
    pub(crate) fn add_trick(&mut self, trick: &str) {
        self.tricks.push(trick.to_owned());
    }
}

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counter {
    root: Root<Self>,
    pub(crate) count: u64,
}

#[events(derive(PartialEq))]
impl Counter {
    #[event(Started, id = Self::id_for(trick))]
    pub(crate) fn start(trick: &str) -> Self {
        Self::default()
    }

    #[event(Incremented)]
    pub(crate) fn increment(&mut self) {
        self.count += 1;
    }

    #[event(Ended, discards)]
    pub(crate) fn end(&mut self) {}

    pub(crate) fn id_for(trick: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, trick)
    }
}

/// Counts how often each trick was learned.
pub(crate) struct Counters;

impl ProcessApplication for Counters {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        match event.body() {
            DogEvent::Registered { .. } => {}
            DogEvent::TrickAdded { trick } => {
                let mut counter = processing
                    .get_or(Counter::id_for(trick), || Counter::start(trick))
                    .await?;
                counter.increment();
            }
        }
        Ok(())
    }
}

/// A dog that is registered and learns tricks, in the log of `app`. Returns its ID and the last position.
pub(crate) async fn dog(app: &Application, name: &str, tricks: &[&str]) -> (Id<Dog>, u64) {
    let mut dog = Dog::register(name);
    for trick in tricks {
        dog.add_trick(trick);
    }
    let saved = app.save(&mut dog).await.unwrap();
    (dog.id(), saved.last().unwrap().position())
}

/// How often a trick was counted.
pub(crate) async fn count(counters: &Application, trick: &str) -> u64 {
    match counters.repository().get(Counter::id_for(trick)).await {
        Ok(counter) => counter.count,
        Err(error) if error.is_not_found() => 0,
        Err(error) => panic!("{error}"),
    }
}
