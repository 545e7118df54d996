//! Events in another module than their aggregate, and from a macro.

use es_domain::prelude::*;

mod dogs {
    use es_domain::prelude::*;

    #[derive(Aggregate, Default)]
    #[aggregate(event = super::happenings::Happening)]
    pub struct Dog {
        root: Root<Self>,
        pub(super) age: u8,
    }
}

mod happenings {
    use es_domain::prelude::*;

    use super::dogs;

    #[events(name = Happening)]
    impl dogs::Dog {
        #[event(Registered)]
        pub fn register(mother: Option<Id<Self>>) -> Self {
            Self::default()
        }

        #[event(GrownUp)]
        pub fn grow_up(&mut self, years: u8) -> Result<(), String> {
            self.age = self.age.checked_add(years).ok_or("too old")?;
            Ok(())
        }
    }
}

macro_rules! thing {
    ($thing:ident, $made:ident, $method:ident, $field:ident: $ty:ty) => {
        #[derive(Aggregate, Default)]
        pub struct $thing {
            root: Root<Self>,
        }

        #[events]
        impl $thing {
            #[event($made)]
            pub fn $method($field: &$ty, other: $ty) -> Self {
                let _ = ($field, other);
                Self::default()
            }

            #[event]
            pub fn changed(&mut self, $field: $ty, other: &$ty) {
                let _ = (self, $field, other);
            }
        }
    };
}

thing!(Box, Made, make, size: u8);

fn main() {
    let mut dog = dogs::Dog::register(None);
    assert_eq!(dog.grow_up(3), Ok(()));
    assert_eq!(dog.grow_up(253), Err("too old".to_owned()));
    assert_eq!((dog.age, dog.pending_events().len()), (3, 2));

    let mut thing = Box::make(&1, 2);
    thing.changed(3, &4);
    assert!(matches!(thing.pending_events()[1].body(), BoxEvent::Changed { size: 3, other: 4 }));
}
