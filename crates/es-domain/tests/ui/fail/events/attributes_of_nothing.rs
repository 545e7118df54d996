//! An empty list of attributes.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(attributes())]
impl Dog {
    #[event(Registered)]
    pub fn register(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

fn main() {}
