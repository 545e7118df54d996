//! An aggregate that fewer may see than its events.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
struct Dog {
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
