//! An event method that a macro writes.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    age: u8,
}

macro_rules! setter {
    ($method:ident, $event:ident) => {
        #[event($event)]
        pub fn $method(&mut self, years: u8) {
            self.age = years;
        }
    };
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    setter!(grow_up, GrownUp);
}

fn main() {}
