//! An aggregate inside a function.

use es_domain::prelude::*;

fn ends_with_events() {
    #[derive(Aggregate, Default)]
    struct Dog {
        root: Root<Self>,
    }

    assert_eq!(Dog::register().version(), 1);

    #[events]
    impl Dog {
        #[event(Registered)]
        fn register() -> Self {
            Self::default()
        }
    }
}

fn main() {
    ends_with_events();

    #[derive(Aggregate, Default)]
    pub struct Dog {
        root: Root<Self>,
    }

    #[events(derive(PartialEq))]
    impl Dog {
        #[event(Registered)]
        pub fn register(#[serde(default)] age: u8) -> Self {
            Self::default()
        }
    }

    assert_eq!(*Dog::register(3).pending_events()[0].body(), DogEvent::Registered { age: 3 });
}
