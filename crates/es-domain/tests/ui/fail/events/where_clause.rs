//! An impl with a condition.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog
where
    u8: Copy,
{
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }
}

fn main() {}
