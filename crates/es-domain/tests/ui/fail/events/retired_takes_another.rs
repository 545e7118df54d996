//! A retired event that is read by a function of something else.

use es_domain::{State, prelude::*};

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events(retired("Dog.Moved" = read_moved))]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn read_moved(_: State, _: String) -> Vec<DogEvent> {
    Vec::new()
}

fn main() {}
