//! An option that is there twice.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(topic = "Dog", topic = "school.Dog")]
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
