//! A receiver with a lifetime.

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

    #[event(Renamed)]
    pub fn rename(&'static mut self, name: &str) {}
}

fn main() {}
