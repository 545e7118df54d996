//! A path of the library that means different things in different modules.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(crate = es_domain)]
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
