//! The root of another aggregate.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Cat>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

#[derive(Aggregate, Default)]
pub struct Cat(Root<Cat>);

#[events]
impl Cat {
    #[event]
    pub fn born() -> Self {
        Self::default()
    }
}

fn main() {}
