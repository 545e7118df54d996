//! An ID that lacks what IDs have to be.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub struct Tag(String);

#[derive(Aggregate, Default)]
#[aggregate(id = Tag)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered, id = Tag(name.to_owned()))]
    pub fn register(name: &str) -> Self {
        Self::default()
    }
}

fn main() {}
