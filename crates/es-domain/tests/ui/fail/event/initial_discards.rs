//! An aggregate that ends as it begins.

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

    #[event(Found, discards)]
    pub fn found(place: &str) -> Self {
        Self::default()
    }
}

fn main() {}
