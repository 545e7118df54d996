//! An aggregate without the derive, and nothing that says how visible its events are.

use es_domain::{RootAccess, prelude::*};

#[derive(Default)]
pub struct Dog {
    root: Root<Self>,
}

impl Aggregate for Dog {
    type Id = Id<Self>;
    type Event = DogEvent;
    const TOPIC: &str = "Dog";

    fn root(&self) -> &Root<Self> {
        &self.root
    }
}

impl RootAccess for Dog {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
