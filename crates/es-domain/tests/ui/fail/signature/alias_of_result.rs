//! A `Result` under a name that does not tell.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

pub type Registered = Result<Dog, String>;
pub type Done = Result<(), String>;

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Registered {
        Ok(Self::default())
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: &str) -> Done {
        Ok(())
    }
}

fn main() {}
