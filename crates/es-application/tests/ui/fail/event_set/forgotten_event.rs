//! A new event breaks the readers that have to decide about it.

use es_application::prelude::*;
use es_domain::prelude::*;

#[derive(Aggregate, Default)]
struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    fn register() -> Self {
        Self::default()
    }

    #[event(Retired)]
    fn retire(&mut self) {}
}

#[derive(EventSet)]
enum SchoolEvent {
    Dog(DogEvent),
}

fn read(event: &SchoolEvent) {
    match event {
        SchoolEvent::Dog(DogEvent::Registered {}) => {}
    }
}

fn main() {}
