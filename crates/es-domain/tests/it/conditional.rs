//! `#[cfg(…)]` on event methods.

use es_domain::prelude::*;

#[derive(Aggregate, Debug, Default)]
pub struct Dog {
    root: Root<Self>,
    tricks: Vec<String>,
}

#[events]
#[cfg(test)]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(TrickAdded)]
    #[cfg(test)]
    pub fn add_trick(&mut self, trick: &str) {
        self.tricks.push(trick.to_owned());
    }

    #[event(TrickAdded)]
    #[cfg(not(test))]
    pub fn add_trick(&mut self, trick: &Unknown) {}

    #[event(alias = "Dog.Ran")]
    #[cfg(not(test))]
    pub fn walked(&mut self, way: Unknown) {
        nonsense(way);
    }
}

#[events]
#[cfg(not(test))]
impl Unknown {
    #[event(Made)]
    pub fn make() -> Self {}
}

#[test]
fn an_event_that_is_not_built_is_not_there() {
    let mut dog = Dog::register();
    dog.add_trick("sit");
    assert_eq!(dog.tricks, ["sit"]);
    assert_eq!(Dog::topics(), ["Dog.Registered", "Dog.TrickAdded"]);
    match dog.pending_events()[1].body() {
        DogEvent::TrickAdded { trick } => assert_eq!(trick, "sit"),
        DogEvent::Registered => panic!("the second event is another"),
    }
}
