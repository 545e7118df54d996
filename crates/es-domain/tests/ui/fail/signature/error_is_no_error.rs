//! An error that is none.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[derive(Debug)]
pub struct Refusal;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) -> Result<(), Refusal> {
        Err(Refusal)
    }
}

fn main() {}
