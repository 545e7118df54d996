//! A topic without a letter.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(topic = "")]
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
