//! A topic that is a path.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(topic = school::Dog)]
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
