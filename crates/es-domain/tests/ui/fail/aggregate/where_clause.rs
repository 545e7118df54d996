//! A struct with a condition.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog
where
    u8: Copy,
{
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
