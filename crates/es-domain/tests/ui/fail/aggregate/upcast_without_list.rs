//! Upcasters of snapshots without parentheses.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(upcast = v1_to_v2)]
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
