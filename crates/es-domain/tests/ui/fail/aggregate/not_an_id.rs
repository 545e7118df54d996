//! An ID type that is none.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(id = u32)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
