//! A name as an option.

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

    #[event(name = Renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
