//! Two parameters of one name.

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
    pub fn rename(&mut self, name: &str, name: &str) {
        self.name = name.to_owned();
    }
}

fn main() {}
