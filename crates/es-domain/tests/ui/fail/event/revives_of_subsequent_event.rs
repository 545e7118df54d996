//! A subsequent event that revives.

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

    #[event(CameBack, revives)]
    pub fn come_back(&mut self) {}
}

fn main() {}
