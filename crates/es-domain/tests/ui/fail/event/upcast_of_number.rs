//! What is no function.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered, upcast(3))]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
