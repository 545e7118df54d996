//! All variants of the wrong shape are named at once.

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

#[derive(EventSet)]
enum SchoolEvent {
    Right(Id<Dog>, DogEvent),
    Named { event: DogEvent },
    Unit,
    Three(Id<Dog>, DogEvent, u64),
}

fn main() {}
