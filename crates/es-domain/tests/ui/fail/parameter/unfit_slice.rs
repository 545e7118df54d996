//! A slice of a type that cannot be stored.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[derive(Clone, Debug)]
pub struct Tag;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&mut self, tags: &[Tag]) {}
}

fn main() {}
