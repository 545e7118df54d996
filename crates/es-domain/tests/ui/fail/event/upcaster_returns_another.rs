//! An upcaster that returns nothing.

use es_domain::{State, prelude::*};

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered, upcast(v1_to_v2))]
    pub fn register() -> Self {
        Self::default()
    }
}

fn v1_to_v2(mut state: State) {
    state.remove("name");
}

fn main() {}
