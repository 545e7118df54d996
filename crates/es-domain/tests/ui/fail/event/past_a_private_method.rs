//! Changes of an aggregate that are none of its own methods.

mod school {
    use es_domain::prelude::*;

    #[derive(Aggregate, Default)]
    pub struct Dog {
        root: Root<Self>,
    }

    #[events]
    impl Dog {
        #[event(Registered)]
        pub fn register() -> Self {
            Self::default()
        }

        #[event(Sold)]
        fn sold(&mut self, price: u32) {}
    }
}

use es_domain::prelude::*;
use school::{Dog, DogEvent};

fn main() {
    let mut dog = Dog::register();
    dog.trigger(DogEvent::Sold { price: 0 });
    dog.trigger_all([DogEvent::Sold { price: 0 }]);
    *dog.root_mut() = Root::default();
    dog.collect_events();
    Dog::create_fresh(DogEvent::Registered);
    assert_eq!(dog.version(), 1);
}
