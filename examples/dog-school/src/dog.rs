//! The aggregate: what a dog is, and what happens to it.

use es_domain::prelude::*;

/// A dog with a name, which learns tricks.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dog {
    root: Root<Self>,
    name: String,
    tricks: Vec<String>,
}

#[events]
impl Dog {
    /// Registers a new dog.
    #[event(Registered)]
    pub fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Teaches the dog a trick.
    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: &str) {
        self.tricks.push(trick.to_owned());
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it can do, in the order in which it learnt it.
    pub fn tricks(&self) -> &[String] {
        &self.tricks
    }
}
