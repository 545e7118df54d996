//! The aggregates of the tests.

use es_application::prelude::*;
use es_domain::prelude::*;

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
pub(crate) struct Trainer {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Trainer {
    #[event(Hired)]
    pub(crate) fn hire(name: &str) -> Self {
        Self::default()
    }
}

#[derive(Debug, EventSet)]
pub(crate) enum SchoolEvent {
    Dog(Id<Dog>, DogEvent),
    Trainer(Id<Trainer>, TrainerEvent),
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
