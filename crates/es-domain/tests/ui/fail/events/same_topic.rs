//! Two events with one topic.

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

    #[event(topic = "Dog.Moved")]
    pub fn walked(&mut self) {}

    #[event(topic = "Dog.Moved")]
    pub fn ran(&mut self) {}
}

fn main() {}
