//! An impl for one of many types.

use es_domain::prelude::*;

#[derive(Default)]
pub struct Dog<T>(T);

#[events]
impl Dog<u8> {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
