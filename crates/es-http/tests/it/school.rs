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

/// A dog that is registered and learns tricks. Returns the last position.
pub(crate) async fn dog(app: &Application, name: &str, tricks: &[&str]) -> u64 {
    let mut dog = Dog::register(name);
    for trick in tricks {
        dog.add_trick(trick);
    }
    app.save(&mut dog).await.unwrap().last().unwrap().position()
}

/// A trainer who is hired. Returns the position.
pub(crate) async fn trainer(app: &Application, name: &str) -> u64 {
    app.save(&mut Trainer::hire(name))
        .await
        .unwrap()
        .last()
        .unwrap()
        .position()
}
