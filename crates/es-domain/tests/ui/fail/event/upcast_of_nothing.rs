//! An empty list of upcasters.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered, upcast())]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
