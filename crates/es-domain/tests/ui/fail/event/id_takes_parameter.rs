//! An ID that takes what the body needs.

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

    #[event(Found, id = id_for(place))]
    pub fn found(place: String) -> Self {
        drop(place);
        Self::default()
    }
}

fn id_for(place: String) -> Id<Dog> {
    Id::named(uuid::Uuid::NAMESPACE_URL, &place)
}

fn main() {}
