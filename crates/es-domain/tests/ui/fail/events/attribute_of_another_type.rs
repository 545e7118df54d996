//! An attribute with another type than the field.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(attributes(name: u32))]
impl Dog {
    #[event(Registered)]
    pub fn register(name: String) -> Self {
        Self { name, ..Self::default() }
    }
}

fn main() {}
