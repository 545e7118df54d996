//! The enum of events is as visible as its aggregate, without a word about it.
#![deny(warnings)]

use es_domain::{RootAccess, prelude::*};

macro_rules! dog {
    ($($vis:tt)*) => {
        use es_domain::prelude::*;

        #[events]
        impl Dog {
            #[event(Registered)]
            pub fn register(name: &str) -> Self {
                Self { name: name.to_owned(), ..Self::default() }
            }
        }

        #[derive(Aggregate, Debug, Default)]
        $($vis)* struct Dog {
            root: Root<Self>,
            pub(in crate::visibility) name: String,
        }
    };
}

mod private {
    use es_domain::prelude::*;

    #[derive(Aggregate, Debug, Default)]
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

    #[test]
    fn a_private_aggregate_has_private_events() {
        let dog = Dog::register();
        assert!(matches!(dog.pending_events()[0].body(), DogEvent::Registered));
    }
}

mod within {
    pub(crate) mod of_super {
        dog!(pub(super));
    }

    pub(crate) mod of_crate {
        dog!(pub(crate));
    }

    pub(crate) mod of_path {
        dog!(pub(in crate::visibility));
    }

    pub mod of_all {
        dog!(pub);
    }

    #[test]
    fn the_events_can_be_named_where_the_aggregate_can() {
        use es_domain::Aggregate as _;

        let dog = of_super::Dog::register("Rex");
        assert!(matches!(dog.pending_events()[0].body(), of_super::DogEvent::Registered { name } if *name == dog.name));
    }
}

#[test]
fn the_events_can_be_named_elsewhere() {
    let dog = within::of_crate::Dog::register("Rex");
    assert!(
        matches!(dog.pending_events()[0].body(), within::of_crate::DogEvent::Registered { name } if *name == dog.name)
    );
    let dog = within::of_path::Dog::register("Rex");
    assert!(
        matches!(dog.pending_events()[0].body(), within::of_path::DogEvent::Registered { name } if *name == dog.name)
    );
    let dog = within::of_all::Dog::register("Rex");
    assert!(
        matches!(dog.pending_events()[0].body(), within::of_all::DogEvent::Registered { name } if *name == dog.name)
    );
}

/// The struct in one module, its events in another.
mod apart {
    pub(crate) mod model {
        use es_domain::prelude::*;

        #[derive(Aggregate, Debug, Default)]
        #[aggregate(event = super::happenings::DogEvent)]
        pub(crate) struct Dog {
            root: Root<Self>,
        }
    }

    pub(crate) mod happenings {
        use es_domain::prelude::*;

        use super::model::Dog;

        #[events]
        impl Dog {
            #[event(Registered)]
            pub(crate) fn register() -> Self {
                Self::default()
            }
        }
    }

    pub(crate) use model::Dog;
}

#[test]
fn the_events_may_stand_in_another_module() {
    let dog = apart::Dog::register();
    assert!(matches!(
        dog.pending_events()[0].body(),
        apart::happenings::DogEvent::Registered
    ));
}

mod shadowed {
    use es_domain::prelude::*;

    #[derive(Aggregate, Debug, Default)]
    pub(crate) struct Cat {
        root: Root<Self>,
    }

    #[events]
    impl Cat {
        #[event(Registered)]
        pub(crate) fn register() -> Self {
            Self::default()
        }
    }

    mod inner {
        use super::*;

        #[derive(Aggregate, Debug, Default)]
        #[aggregate(topic = "inner.Cat")]
        struct Cat {
            root: Root<Self>,
        }

        // `Cat!` would be that of either module.
        #[events(vis = pub(self))]
        impl Cat {
            #[event(Adopted)]
            fn adopt() -> Self {
                Self::default()
            }
        }

        #[test]
        fn an_aggregate_that_hides_one_of_its_name_says_its_visibility() {
            assert_eq!(Cat::adopt().pending_events()[0].topic(), "inner.Cat.Adopted");
        }
    }
}

#[test]
fn an_aggregate_in_a_function_may_have_any_visibility() {
    #[events]
    impl Cat {
        #[event(Adopted)]
        pub fn adopt() -> Self {
            Self::default()
        }
    }

    #[derive(Aggregate, Debug, Default)]
    struct Cat {
        root: Root<Self>,
    }

    assert_eq!(Cat::adopt().pending_events()[0].topic(), "Cat.Adopted");
    assert_eq!(shadowed::Cat::register().pending_events()[0].topic(), "Cat.Registered");
}

/// An aggregate that is implemented by hand, with events that are not.
#[derive(Debug, Default)]
struct Tree {
    root: Root<Self>,
}

impl Aggregate for Tree {
    type Id = Id<Self>;
    type Event = TreeEvent;
    const TOPIC: &str = "Tree";

    fn root(&self) -> &Root<Self> {
        &self.root
    }
}

impl RootAccess for Tree {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

#[events(vis = pub(self))]
impl Tree {
    #[event(Planted)]
    fn plant() -> Self {
        Self::default()
    }
}

#[test]
fn an_aggregate_by_hand_says_how_visible_its_events_are() {
    assert!(matches!(Tree::plant().pending_events()[0].body(), TreeEvent::Planted));
}
