//! A struct with a root that is no aggregate.

use es_domain::prelude::*;

pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register(name: &str) -> Self {
        Self { root: Root::default(), name: name.to_owned() }
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) {
        self.name = name.to_owned();
    }
}

fn main() {}
