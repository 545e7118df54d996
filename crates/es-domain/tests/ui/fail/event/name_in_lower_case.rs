//! A name in lower case.

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

    #[event(renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
