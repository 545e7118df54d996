//! What is known about events beside what happened.

use es_domain::{Metadata, Stamp, prelude::*, with_metadata};

#[derive(Aggregate, Debug, Default)]
struct Dog {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    fn register() -> Self {
        Self::default()
    }

    #[event(Barked)]
    fn bark(&mut self) {}
}

#[test]
fn events_have_the_metadata_in_force_when_they_are_triggered() {
    let mut dog = Dog::register();
    with_metadata(Metadata::new().with("user", "ann").with("attempt", 2), || dog.bark());
    let [registered, barked] = dog.pending_events() else {
        panic!("there are two events")
    };
    assert!(registered.metadata().is_empty());
    assert_eq!(barked.metadata().get("user"), Some("ann"));
    assert_eq!(
        barked.metadata().iter().collect::<Vec<_>>(),
        [("attempt", "2"), ("user", "ann")]
    );
}

#[test]
fn an_inner_scope_adds_to_the_outer() {
    let outer = Metadata::new().with("user", "ann").correlation_id("outer");
    let stamp = with_metadata(outer.clone(), || {
        let inner = with_metadata(Metadata::new().correlation_id("inner"), Stamp::now);
        assert_eq!(*Stamp::now().metadata(), outer);
        inner
    });
    assert_eq!(
        *stamp.metadata(),
        Metadata::new().with("user", "ann").correlation_id("inner")
    );
    assert!(Stamp::now().metadata().is_empty());
}

#[test]
fn an_event_that_nothing_led_to_is_its_own_correlation() {
    let dog = Dog::register();
    let event = &dog.pending_events()[0];
    assert_eq!(event.correlation_id(), event.event_id().to_string());
    assert_eq!(event.causation_id(), None);
}

#[test]
fn what_follows_from_an_event_belongs_to_what_it_belongs_to() {
    let first = with_metadata(Metadata::new().correlation_id("request-1"), Dog::register);
    let cause = &first.pending_events()[0];
    let second = with_metadata(Metadata::caused_by(cause), Dog::register);
    let effect = &second.pending_events()[0];
    assert_eq!(effect.correlation_id(), "request-1");
    assert_eq!(effect.causation_id(), Some(cause.event_id().to_string().as_str()));

    let third = with_metadata(Metadata::caused_by(effect), Dog::register);
    assert_eq!(third.pending_events()[0].correlation_id(), "request-1");
    assert_eq!(
        third.pending_events()[0].causation_id(),
        Some(effect.event_id().to_string().as_str())
    );
}

#[test]
fn whoever_saves_may_add_metadata_to_pending_events() {
    let mut dog = with_metadata(Metadata::new().with("user", "ann"), Dog::register);
    dog.bark();
    dog.add_metadata(&Metadata::new().with("user", "bob").correlation_id("request-1"));
    let users: Vec<_> = dog
        .pending_events()
        .iter()
        .map(|event| event.metadata().get("user"))
        .collect();
    assert_eq!(users, [Some("ann"), Some("bob")]);
    assert!(
        dog.pending_events()
            .iter()
            .all(|event| event.correlation_id() == "request-1")
    );
}

#[test]
fn metadata_is_part_of_what_makes_events_equal() {
    let dog = Dog::register();
    let event = dog.pending_events()[0].clone();
    let stamp = event.stamp().clone().with_metadata(Metadata::new().with("user", "ann"));
    let other = DomainEvent::new(event.originator_id(), 1, stamp, event.body().clone());
    assert_ne!(event, other);
}

#[test]
fn metadata_is_a_map_of_texts_in_formats() {
    let metadata: Metadata = [("user", "ann"), ("a", "b")].into_iter().collect();
    let json = serde_json::to_string(&metadata).expect("it can be written");
    assert_eq!(json, r#"{"a":"b","user":"ann"}"#);
    assert_eq!(
        serde_json::from_str::<Metadata>(&json).expect("it can be read"),
        metadata
    );
    assert_eq!(
        serde_json::from_str::<Metadata>("{}").expect("it can be read"),
        Metadata::new()
    );
}
