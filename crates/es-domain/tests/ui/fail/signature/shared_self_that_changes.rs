//! A method that changes what it may only look at.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&self, name: &str) {
        self.name = name.to_owned();
    }
}

fn main() {}
