//! A retired event that still happens.

use es_domain::{State, prelude::*};

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events(retired("Dog.Registered" = read_moved))]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn read_moved(_: State) -> Vec<DogEvent> {
    Vec::new()
}

fn main() {}
