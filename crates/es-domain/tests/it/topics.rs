//! Names under which things are stored.

use es_domain::{EventKind, prelude::*};

#[derive(Aggregate, Debug, Default)]
#[aggregate(topic = "school.Dog", event = Happening)]
pub struct Dog {
    root: Root<Self>,
}

#[events(name = Happening)]
impl Dog {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(
        TrickAdded,
        topic = "school.TrickLearnt",
        alias = "school.Dog.Trick",
        alias = "Dog.TrickAdded"
    )]
    pub fn add_trick(&mut self, trick: &str) {}

    #[event(alias = "school.Left", discards)]
    pub fn left(&mut self) {}
}

#[derive(Aggregate, Debug, Default)]
pub struct r#Try {
    root: Root<Self>,
}

#[events]
impl r#Try {
    #[event]
    pub fn r#match() -> Self {
        Self::default()
    }
}

#[test]
fn a_topic_is_the_aggregates_and_the_events_name_unless_it_is_given() {
    assert_eq!(Dog::TOPIC, "school.Dog");
    let topics: Vec<&str> = Happening::KINDS.iter().map(EventKind::topic).collect();
    assert_eq!(
        topics,
        ["school.Dog.Registered", "school.TrickLearnt", "school.Dog.Left"]
    );
    let names: Vec<&str> = Happening::KINDS.iter().map(EventKind::name).collect();
    assert_eq!(names, ["Registered", "TrickAdded", "Left"]);
}

#[test]
fn the_kind_of_an_event_has_its_topic() {
    let mut dog = Dog::register();
    dog.add_trick("sit");
    dog.left();
    let topics: Vec<&str> = dog.pending_events().iter().map(DomainEvent::topic).collect();
    assert_eq!(
        topics,
        ["school.Dog.Registered", "school.TrickLearnt", "school.Dog.Left"]
    );
    assert_eq!(Happening::Left.kind(), &Happening::KINDS[2]);
    assert!(Happening::KINDS[2].is_discarding() && !Happening::KINDS[0].is_discarding());
}

#[test]
fn aliases_are_read_too() {
    let name = |topic| Happening::kind_of_topic(topic).map(EventKind::name);
    assert_eq!(name("school.TrickLearnt"), Some("TrickAdded"));
    assert_eq!(name("school.Dog.Trick"), Some("TrickAdded"));
    assert_eq!(name("Dog.TrickAdded"), Some("TrickAdded"));
    assert_eq!(name("school.Left"), Some("Left"));
    assert_eq!(name("school.Dog.TrickAdded"), None);
    assert_eq!(Dog::topics().len(), 6);
}

#[test]
fn raw_names_are_stored_without_their_prefix() {
    assert_eq!(r#Try::TOPIC, "Try");
    assert_eq!(r#Try::r#match().pending_events()[0].topic(), "Try.Match");
}
