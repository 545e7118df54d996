//! The attribute on the root.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    #[aggregate(topic = "Dog")]
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
