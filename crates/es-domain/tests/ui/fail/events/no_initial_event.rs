//! No event makes an aggregate.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
