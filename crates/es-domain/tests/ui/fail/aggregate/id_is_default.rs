//! Another name of `Id<Self>`, which is the ID anyway.

use es_domain::prelude::*;

type DogId = Id<Dog>;

#[derive(Aggregate, Default)]
#[aggregate(id = DogId)]
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
