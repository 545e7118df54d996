//! An option with an equals sign and nothing after it.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(id = )]
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
