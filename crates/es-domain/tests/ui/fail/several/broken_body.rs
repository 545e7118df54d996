//! A body that is no Rust.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    age: u8,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(GrownUp)]
    pub fn grow_up(&mut self, #[serde(default)] years: u8) {
        self.age += ;
    }
}

fn main() {}
