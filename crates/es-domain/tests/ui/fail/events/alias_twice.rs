//! An alias that is there twice.

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

    #[event(alias = "Dog.Moved", alias = "Dog.Moved")]
    pub fn walked(&mut self) {}
}

fn main() {}
