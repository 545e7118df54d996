//! An event under a condition.

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

    #[cfg_attr(test, event(Renamed))]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
