//! An ID that is not said.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Found, id)]
    pub fn found(place: &str) -> Self {
        Self::default()
    }
}

fn main() {}
