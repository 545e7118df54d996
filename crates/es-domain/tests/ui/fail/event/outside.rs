//! An event in an impl without the attribute.

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
}

impl Dog {
    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
