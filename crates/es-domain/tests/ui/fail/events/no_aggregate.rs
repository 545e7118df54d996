//! A struct that is no aggregate.

use es_domain::prelude::*;

#[derive(Default)]
pub struct Dog;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
