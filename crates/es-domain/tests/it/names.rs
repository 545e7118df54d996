//! Names that might be mistaken for the library's own.

use es_domain::{RootAccess as _, prelude::*};

use crate::replayed;

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub struct Thing {
    root: Root<Self>,
    sum: u32,
}

#[events(derive(PartialEq, Eq))]
impl Thing {
    #[event]
    pub fn made(id: u32, event: u32, aggregate: u32, state: u32) -> Self {
        Self {
            sum: id + event + aggregate + state,
            ..Self::default()
        }
    }

    #[event]
    pub fn changed(&mut self, self_: u32, r#type: u32, kind: u32, error: u32) -> Result<(), String> {
        self.sum += self_ + r#type + kind + error;
        Ok(())
    }

    #[event]
    pub fn r#move(&mut self, r#self_: u32, name: u32, topic: u32) {
        self.sum += self_ + name + topic;
    }

    #[event(r#Loop)]
    pub fn repeat(&mut self, __es_event: u32, __es_outcome: u32) {
        self.sum += __es_event + __es_outcome;
    }

    #[event]
    pub fn apply(&mut self, create: u32) {
        self.sum += create;
    }
}

#[test]
fn no_name_of_a_parameter_or_method_is_taken() {
    let mut thing = Thing::made(1, 2, 3, 4);
    thing.changed(6, 7, 8, 9).expect("it never fails");
    thing.r#move(11, 12, 13);
    thing.repeat(14, 15);
    Thing::apply(&mut thing, 16);
    assert_eq!(thing.sum, 121);
    assert_eq!(thing.version(), 5);
    assert_eq!(
        *thing.pending_events()[2].body(),
        ThingEvent::Move {
            self_: 11,
            name: 12,
            topic: 13
        }
    );
    assert_eq!(thing.pending_events()[3].topic(), "Thing.Loop");
    let again = replayed(&thing);
    drop(thing.collect_events());
    assert_eq!(again, thing);
}
