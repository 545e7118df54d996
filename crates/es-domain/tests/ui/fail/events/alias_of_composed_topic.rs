//! An alias that is the topic which another event has without saying so.

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

    #[event(alias = "Dog.Registered")]
    pub fn enrolled(&mut self) {}
}

fn main() {}
