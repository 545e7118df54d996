//! Two lists of upcasters.

use es_domain::{State, prelude::*};

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered, upcast(v1_to_v2), upcast(v1_to_v2))]
    pub fn register() -> Self {
        Self::default()
    }
}

fn v1_to_v2(state: State) -> State {
    state
}

fn main() {}
