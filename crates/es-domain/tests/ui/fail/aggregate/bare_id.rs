//! A plain text as an ID.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(id = String)]
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
