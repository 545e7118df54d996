//! An option that is not there.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(name = "Dog")]
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
