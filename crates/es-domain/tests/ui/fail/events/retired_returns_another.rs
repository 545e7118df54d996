//! A retired event that becomes none.

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

fn read_moved(state: State) -> State {
    state
}

fn main() {}
