//! An impl with a parameter.

use es_domain::prelude::*;

pub struct Dog<T>(T);

#[events]
impl<T: Default> Dog<T> {
    #[event(Registered)]
    pub fn register(name: &str) -> Self {
        Self(T::default())
    }
}

fn main() {}
