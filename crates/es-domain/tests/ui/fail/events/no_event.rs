//! No method is an event.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
