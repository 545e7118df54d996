//! The aggregate under another name.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

pub type Hound = Dog;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Hound {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) {}
}

fn main() {}
