//! Kinds of entities of the older documents, as aggregates.

use std::collections::BTreeSet;

use es_domain::{RootAccess as _, Stamp, Timestamp, TriggerErrorKind, prelude::*, testing::deterministic, with_clock};
use uuid::Uuid;

use crate::replayed;

/// A collection: items are added and removed.
#[derive(Aggregate, Debug, Default)]
pub struct Collection {
    root: Root<Self>,
    items: BTreeSet<String>,
}

#[events(derive(PartialEq))]
impl Collection {
    #[event(Registered)]
    pub fn register() -> Self {
        Self::default()
    }

    #[event(ItemAdded)]
    pub fn add_item(&mut self, item: &str) {
        self.items.insert(item.to_owned());
    }

    #[event(ItemRemoved)]
    fn item_removed(&mut self, item: &str) {
        self.items.remove(item);
    }

    #[event(Discarded, discards)]
    pub fn discard(&mut self) {}

    pub fn remove_item(&mut self, item: &str) -> Result<(), String> {
        if !self.items.contains(item) {
            return Err(format!("{item:?} is not in the collection"));
        }
        self.item_removed(item);
        Ok(())
    }
}

#[test]
fn items_are_added_to_a_collection_and_removed() {
    let mut collection = Collection::register();
    collection.add_item("a");
    collection.add_item("b");
    // As in the reference, an item that is there is added again: somebody has said so.
    collection.add_item("b");
    collection.remove_item("a").expect("it is there");
    assert_eq!(collection.items, BTreeSet::from(["b".to_owned()]));
    assert_eq!(collection.version(), 5);
    assert_eq!(replayed(&collection).items, collection.items);

    let error = collection.remove_item("a").expect_err("it is gone");
    assert_eq!(error, "\"a\" is not in the collection");
    assert_eq!(collection.version(), 5);
}

#[test]
fn a_discarded_collection_is_over() {
    let mut collection = Collection::register();
    collection.discard();
    collection.add_item("a");
    assert_eq!(
        collection.root().refusal().map(es_domain::TriggerError::kind),
        Some(TriggerErrorKind::Discarded)
    );
    assert!(
        Collection::replay(collection.collect_events())
            .expect("it replays")
            .is_none()
    );
}

/// A command as an aggregate: that it was given is an event, and that it was done another.
#[derive(Aggregate, Debug, Default)]
pub struct RegisterDog {
    root: Root<Self>,
    name: String,
    is_done: bool,
}

#[events(derive(PartialEq))]
impl RegisterDog {
    #[event(Created)]
    pub fn create(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event]
    pub fn done(&mut self) {
        self.is_done = true;
    }
}

#[test]
fn a_command_is_created_and_done() {
    let mut command = RegisterDog::create("Fido");
    assert!(!command.is_done);
    command.done();
    assert!(replayed(&command).is_done);
    assert_eq!(
        *command.pending_events()[0].body(),
        RegisterDogEvent::Created {
            name: command.name.clone()
        }
    );
    assert_eq!(command.pending_events()[1].topic(), "RegisterDog.Done");
}

/// A log: its entries are events that change nothing.
#[derive(Aggregate, Debug, Default)]
pub struct Log {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Log {
    #[event(MessageLogged, id = Self::id_for(name))]
    pub fn begin(name: &str) -> Self {
        Self::default()
    }

    #[event(EntryAdded)]
    pub fn add(&mut self, message: &str) {}

    pub fn id_for(name: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_URL, name)
    }

    /// The next entry of a log of which only the last version is known: nothing has to be read for it.
    pub fn entry(id: Id<Self>, last_version: u64, message: &str) -> DomainEvent<LogEvent> {
        let message = message.to_owned();
        DomainEvent::new(id, last_version + 1, Stamp::now(), LogEvent::EntryAdded { message })
    }
}

#[test]
fn entries_of_a_log_are_events() {
    let mut log = Log::begin("/orders");
    log.add("received");
    let mut entries = log.collect_events();
    entries.push(Log::entry(Log::id_for("/orders"), 2, "paid"));
    let messages: Vec<&str> = entries
        .iter()
        .filter_map(|entry| match entry.body() {
            LogEvent::EntryAdded { message } => Some(message.as_str()),
            LogEvent::MessageLogged { .. } => None,
        })
        .collect();
    assert_eq!(messages, ["received", "paid"]);
    let log = Log::replay(entries)
        .expect("the entries follow")
        .expect("there are entries");
    assert_eq!((log.id(), log.version()), (Log::id_for("/orders"), 3));
}

/// A log in pieces: each day has one of its own, whose ID is made of the log's name and the day.
fn bucket(name: &str, at: Timestamp) -> Id<Log> {
    let time = at.to_string();
    let (day, _) = time.split_once('T').expect("date and time");
    Log::id_for(&format!("{name}_{day}"))
}

#[test]
fn a_log_may_be_in_pieces_by_time() {
    let [morning, evening, next_day] = ["2026-01-02T03:00:00Z", "2026-01-02T20:00:00Z", "2026-01-03T03:00:00Z"]
        .map(|time| time.parse().expect("a time"));
    assert_eq!(bucket("/orders", morning), bucket("/orders", evening));
    assert_ne!(bucket("/orders", morning), bucket("/orders", next_day));
    assert_ne!(bucket("/orders", morning), bucket("/bills", morning));
}

/// An array: the item at a place is that of the version of the same number, which exists once.
#[derive(Aggregate, Debug, Default)]
pub struct Array {
    root: Root<Self>,
    items: Vec<String>,
}

#[events(derive(PartialEq))]
impl Array {
    #[event(Begun)]
    pub fn begin() -> Self {
        Self::default()
    }

    #[event(ItemAssigned)]
    pub fn append(&mut self, item: &str) {
        self.items.push(item.to_owned());
    }
}

#[test]
fn items_of_an_array_are_numbered_by_versions() {
    let mut array = Array::begin();
    array.append("a");
    array.append("b");
    let events = array.pending_events();
    assert_eq!((events[2].originator_version(), array.items.len()), (3, 2));
    assert_eq!(*events[2].body(), ArrayEvent::ItemAssigned { item: "b".to_owned() });
}

#[test]
fn an_entity_knows_its_times_and_versions() {
    let [first, last] = [10, 20].map(|seconds| Timestamp::from_micros(seconds * 1_000_000).unwrap());
    let mut collection = with_clock(first, Collection::register);
    assert_eq!(
        (collection.version(), collection.created_on(), collection.modified_on()),
        (1, first, first)
    );
    with_clock(last, || collection.add_item("a"));
    assert_eq!(
        (collection.version(), collection.created_on(), collection.modified_on()),
        (2, first, last)
    );
    // Time runs backwards now and then; versions do not.
    with_clock(first, || collection.add_item("b"));
    let again = replayed(&collection);
    assert_eq!(
        (again.version(), again.created_on(), again.modified_on()),
        (3, first, first)
    );
}

#[test]
fn the_ids_of_events_are_time_uuids() {
    let mut collection = Collection::register();
    collection.add_item("a");
    let events = collection.pending_events();
    let times: Vec<Timestamp> = events
        .iter()
        .filter_map(|event| Timestamp::from_uuid(event.event_id()))
        .collect();
    assert_eq!(times.len(), 2);
    assert!(events[0].event_id() < events[1].event_id(), "later ones are greater");
    for (event, time) in events.iter().zip(times) {
        let difference = event.timestamp().as_micros() - time.as_micros();
        assert!(
            difference.abs() < 10_000_000,
            "{difference} microseconds lie between ID and timestamp"
        );
    }
    assert_eq!(
        Timestamp::from_uuid(Uuid::NAMESPACE_URL).map(|_| ()),
        Some(()),
        "it is of version 1"
    );
    assert_eq!(Timestamp::from_uuid(Uuid::from_u128(0)), None);
}

#[test]
fn events_are_values() {
    let events = || deterministic(|| Collection::register().collect_events());
    assert_eq!(events(), events());
    let other = Collection::register().collect_events();
    assert_ne!(events(), other);
}
