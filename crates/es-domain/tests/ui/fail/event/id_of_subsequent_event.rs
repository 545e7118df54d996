//! An ID for an aggregate that has one.

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

    #[event(Renamed, id = Id::new())]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
