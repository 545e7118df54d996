//! An attribute and an event of one name.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(attributes(name: String))]
impl Dog {
    #[event(Registered)]
    pub fn register(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    #[event(NameChanged)]
    pub fn rename(&mut self) {}
}

fn main() {}
