//! An error that is none, in an alias.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[derive(Debug)]
pub struct Refusal;

pub type Result<T> = std::result::Result<T, Refusal>;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) -> Result<()> {
        Err(Refusal)
    }
}

fn main() {}
