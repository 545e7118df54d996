//! An event for other languages.

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

    #[event(Renamed)]
    pub extern "C" fn rename(&mut self, size: u8) {}
}

fn main() {}
