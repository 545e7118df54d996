//! A root that is not the library's.

use es_domain::prelude::*;

mod tree {
    #[derive(Default)]
    pub struct Root<T>(Option<Box<T>>);
}

#[derive(Aggregate, Default)]
pub struct Dog {
    root: tree::Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
