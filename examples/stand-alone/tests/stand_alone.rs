//! What the stand-alone example of the older documents shows.

use std::sync::{Arc, Mutex};

use es_persistence::{MemoryRecorder, RecorderErrorKind};
use stand_alone::{
    application::ExampleApplication,
    entity::{Example, mutate},
    event::{DomainEvent, What},
    publishing::Subscribers,
    store::{EventStore, StoreError},
};
use uuid::Uuid;

type Received = Arc<Mutex<Vec<DomainEvent>>>;

fn subscribed() -> (Received, Subscribers) {
    let (received, mut subscribers) = (Received::default(), Subscribers::default());
    let list = Arc::clone(&received);
    subscribers.subscribe(move |event| list.lock().expect("no test panics here").push(event.clone()));
    (received, subscribers)
}

#[test]
fn an_entity_is_made_and_changed_by_events() {
    let (received, mut subscribers) = subscribed();
    let entity = Example::create("bar", &mut subscribers).unwrap();
    assert_eq!((entity.version(), entity.title()), (1, "bar"));
    let entity = entity.set_title("baz", &mut subscribers).unwrap().unwrap();
    assert_eq!((entity.version(), entity.title()), (2, "baz"));

    let events = received.lock().unwrap().clone();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event.originator_id == entity.id()));
    assert_eq!(
        events[0].what,
        What::Created {
            title: "bar".to_owned()
        }
    );
    assert_eq!(events[1].originator_version, 2);
    let again = events.iter().try_fold(None, mutate).unwrap();
    assert_eq!(again, Some(entity));
}

#[test]
fn an_event_that_does_not_follow_is_refused() {
    let (received, mut subscribers) = subscribed();
    let entity = Example::create("bar", &mut subscribers).unwrap();
    let created = received.lock().unwrap()[0].clone();
    let twice = mutate(Some(entity.clone()), &created).unwrap_err();
    assert_eq!(twice.to_string(), format!("event 1 of {} does not follow", entity.id()));
    let stranger = DomainEvent {
        event_id: Uuid::max(),
        originator_id: Uuid::nil(),
        originator_version: 2,
        what: What::Discarded,
    };
    mutate(Some(entity), &stranger).unwrap_err();
}

#[tokio::test]
async fn the_application_keeps_entities() {
    let mut application = ExampleApplication::new(Arc::new(MemoryRecorder::default()));
    let id = application.create_example("bar").await.unwrap();
    assert!(application.set_title(id, "baz").await.unwrap());
    let entity = application.store().get(id).await.unwrap().unwrap();
    assert_eq!((entity.version(), entity.title()), (2, "baz"));

    let rows = application.store().rows(id).await.unwrap();
    assert_eq!(rows[0].topic, "Example.Created");
    assert_eq!(
        String::from_utf8_lossy(&rows[0].state),
        r#"{"Created":{"title":"bar"}}"#
    );
    assert_eq!(rows[1].originator_version, 2);
}

#[tokio::test]
async fn a_discarded_entity_is_not_found() {
    let mut application = ExampleApplication::new(Arc::new(MemoryRecorder::default()));
    let id = application.create_example("bar").await.unwrap();
    assert!(application.discard(id).await.unwrap());
    assert_eq!(application.store().get(id).await.unwrap(), None);
    assert!(!application.set_title(id, "baz").await.unwrap());
    assert!(!application.discard(id).await.unwrap());
    assert_eq!(application.store().rows(id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_version_is_stored_once() {
    let store = EventStore::new(Arc::new(MemoryRecorder::default()));
    let (received, mut subscribers) = subscribed();
    Example::create("bar", &mut subscribers).unwrap();
    let mut events = received.lock().unwrap().clone();
    store.store(&events).await.unwrap();
    // The same event again is the same save.
    store.store(&events).await.unwrap();
    events[0].event_id = Uuid::from_u128(1);
    let error = store.store(&events).await.unwrap_err();
    assert!(matches!(error, StoreError::Recorder(error) if matches!(error.kind(), RecorderErrorKind::Conflict { .. })));
}
