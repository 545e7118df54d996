//! A short name of the ID.

use es_domain::prelude::*;

pub type DogId = Id<Dog>;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    mother: Option<DogId>,
}

#[events]
impl Dog {
    #[event(Registered, id = DogId::new())]
    pub fn register(mother: Option<DogId>) -> Self {
        Self { mother, ..Self::default() }
    }
}

fn main() {
    let mother: DogId = Dog::register(None).id();
    assert_eq!(Dog::register(Some(mother)).mother, Some(mother));
}
