//! The ID in a variant must be the ID of the aggregate whose events the variant holds.

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
}

#[derive(Aggregate, Default)]
struct Cat {
    root: Root<Self>,
}

#[events]
impl Cat {
    #[event(Arrived)]
    fn arrive() -> Self {
        Self::default()
    }
}

#[derive(EventSet)]
enum SchoolEvent {
    Dog(Id<Cat>, DogEvent),
}

fn main() {}
