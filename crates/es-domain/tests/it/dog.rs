//! The first program that a user writes.

use es_domain::{RootAccess as _, prelude::*};

use crate::replayed;

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dog {
    root: Root<Self>,
    name: String,
    tricks: Vec<String>,
}

#[events]
impl Dog {
    /// Registers a new dog.
    #[event(Registered)]
    pub fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Teaches the dog a trick.
    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: &str) {
        self.tricks.push(trick.to_owned());
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn tricks(&self) -> &[String] {
        &self.tricks
    }
}

fn fido() -> Dog {
    let mut dog = Dog::register("Fido");
    dog.add_trick("roll over");
    dog
}

#[test]
fn methods_trigger_events() {
    let dog = fido();
    assert_eq!(dog.version(), 2);
    assert_eq!(dog.name(), "Fido");
    assert_eq!(dog.tricks(), ["roll over"]);

    let events = dog.pending_events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].originator_version(), 1);
    assert_eq!(events[0].originator_id(), dog.id());
    assert!(matches!(events[0].body(), DogEvent::Registered { name } if name == "Fido"));
    assert_eq!(events[1].originator_version(), 2);
    assert!(matches!(events[1].body(), DogEvent::TrickAdded { trick } if trick == "roll over"));
}

#[test]
fn a_replay_gives_the_same_state() {
    let dog = fido();
    let again = replayed(&dog);
    assert_eq!(again.id(), dog.id());
    assert_eq!(again.version(), 2);
    assert_eq!(again.created_on(), dog.created_on());
    assert_eq!(again.modified_on(), dog.modified_on());
    assert_eq!((again.name(), again.tricks()), (dog.name(), dog.tricks()));
    assert_eq!(again.pending_events().len(), 0);
}

#[test]
fn events_can_be_triggered_as_values() {
    let mut dog = Dog::create_fresh(DogEvent::Registered { name: "Rex".to_owned() }).expect("it is initial");
    dog.trigger(DogEvent::TrickAdded {
        trick: "sit".to_owned(),
    })
    .expect("the dog lives");
    assert_eq!((dog.name(), dog.tricks()), ("Rex", &["sit".to_owned()][..]));
    assert_eq!(dog.version(), 2);
}

#[test]
fn a_snapshot_keeps_the_state_and_no_pending_events() {
    let dog = fido();
    let json = serde_json::to_value(&dog).expect("a dog can be stored");
    let again: Dog = serde_json::from_value(json).expect("and read back");
    assert_eq!(
        (again.id(), again.version(), again.tricks()),
        (dog.id(), 2, dog.tricks())
    );
    assert_eq!(again.pending_events().len(), 0);
}

#[test]
fn each_dog_has_an_id_of_its_own() {
    assert_ne!(Dog::register("Fido").id(), Dog::register("Fido").id());
}
