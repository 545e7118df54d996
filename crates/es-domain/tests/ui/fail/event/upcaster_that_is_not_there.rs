//! An upcaster that does not exist.

use es_domain::prelude::*;

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

fn main() {}
