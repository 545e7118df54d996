//! The attribute with nothing to say.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate]
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
