//! A reference inside another type.

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

    #[event(Renamed)]
    pub fn rename(&mut self, names: Vec<&str>) {}

    #[event(Called)]
    pub fn call(&mut self, name: Option<&'static str>) {}

    #[event(Washed)]
    pub fn wash(&mut self, name: Option<&mut str>) {}
}

fn main() {}
