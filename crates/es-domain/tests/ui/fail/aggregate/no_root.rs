//! A struct without a root.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    name: String,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
