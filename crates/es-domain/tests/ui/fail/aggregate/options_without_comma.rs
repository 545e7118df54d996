//! Options that run into each other.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(topic = "Dog" event = DogEvent)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
