//! The attribute with a value.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate = "Dog"]
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
