//! An ID of another type.

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

    #[event(Found, id = place.len())]
    pub fn found(place: &str) -> Self {
        Self::default()
    }
}

fn main() {}
