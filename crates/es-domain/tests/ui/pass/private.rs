//! An aggregate that only its module knows.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
struct Dog {
    root: Root<Self>,
}

#[events]
impl Dog {
    #[event(Registered)]
    fn register() -> Self {
        Self::default()
    }
}

fn main() {
    assert_eq!(Dog::register().version(), 1);
}
