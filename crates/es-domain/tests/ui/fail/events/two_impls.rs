//! Two impls with events.

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
}

#[events]
impl Dog {
    #[event(GrownUp)]
    pub fn grow_up(&mut self, #[serde(default)] years: u8) {
        self.age += years;
    }
}

fn main() {
    let mut dog = Dog::register();
    dog.grow_up(1);
    assert!(matches!(dog.pending_events()[0].body(), DogEvent::Registered));
}
