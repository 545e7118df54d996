//! Attributes on the struct.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(attributes(name), topic = "dog")]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

fn main() {}
