//! IDs with `#[derive(AggregateId)]`.

use std::error::Error as _;

use es_domain::{IdValue as _, OriginatorId, prelude::*, with_id_source};
use uuid::Uuid;

use crate::replayed;

#[derive(AggregateId, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sku(String);

#[derive(Aggregate, Debug, Default)]
#[aggregate(id = Sku)]
pub struct Product {
    root: Root<Self>,
}

#[events]
impl Product {
    #[event(Listed, id = Sku(sku.to_owned()))]
    pub fn list(sku: &str) -> Self {
        Self::default()
    }
}

#[derive(AggregateId, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct TicketId {
    uuid: Uuid,
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(id = TicketId)]
struct Ticket(Root<Ticket>);

#[events]
impl Ticket {
    #[event(Opened)]
    fn open() -> Self {
        Self::default()
    }
}

#[derive(AggregateId, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[aggregate_id(bare)]
struct Isbn(Box<str>);

impl<'a> From<&'a str> for Isbn {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(id = Isbn)]
struct Book {
    root: Root<Self>,
}

#[events]
impl Book {
    #[event(Printed, id = "978".into())]
    fn print() -> Self {
        Self::default()
    }
}

#[test]
fn a_text_may_be_an_id() {
    let product = Product::list("A-1");
    assert_eq!(product.id(), Sku("A-1".to_owned()));
    assert_eq!(product.id().to_originator_id(), OriginatorId::from("Product:A-1"));
    assert_eq!(replayed(&product).id().to_string(), "A-1");
    assert_eq!(Book::print().id().to_originator_id(), OriginatorId::from("978"));
}

#[test]
fn a_uuid_may_be_an_id_that_is_made_from_nothing() {
    struct One;
    impl es_domain::IdSource for One {
        fn next_id(&self) -> Uuid {
            Uuid::from_u128(1)
        }
    }

    let ticket = with_id_source(One, Ticket::open);
    assert_eq!(
        ticket.id(),
        TicketId {
            uuid: Uuid::from_u128(1)
        }
    );
    assert_eq!(ticket.id().to_originator_id(), OriginatorId::Uuid(Uuid::from_u128(1)));
    assert_ne!(TicketId::fresh(), TicketId::fresh());
}

#[test]
fn ids_are_their_values_in_texts_and_formats() {
    let sku: Sku = "A-1".parse().expect("it is an ID");
    let json = serde_json::to_string(&sku).expect("it can be written");
    assert_eq!(json, r#""A-1""#);
    assert_eq!(serde_json::from_str::<Sku>(&json).expect("it can be read"), sku);
    let ticket: TicketId = "00000000-0000-0000-0000-000000000001".parse().expect("it is an ID");
    assert_eq!(ticket.to_string(), "00000000-0000-0000-0000-000000000001");
}

#[derive(AggregateId, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Number(String);

#[derive(Aggregate, Debug, Default)]
#[aggregate(id = Number, topic = "a:b")]
struct Invoice {
    root: Root<Self>,
}

#[events]
impl Invoice {
    #[event(Sent, id = Number(number.to_owned()))]
    fn send(number: &str) -> Self {
        Self::default()
    }
}

#[test]
fn aggregates_of_two_types_with_the_same_text_are_two_streams() {
    let (product, invoice) = (Product::list("7"), Invoice::send("7"));
    let streams = [product.id().to_originator_id(), invoice.id().to_originator_id()];
    assert_eq!(streams, ["Product:7".into(), "a%3Ab:7".into()]);
    assert_eq!(Number::from_originator_id(&streams[1]), Some(invoice.id()));
    assert_eq!(Number::from_originator_id(&streams[0]), None);
    assert_eq!(Sku::from_originator_id(&streams[0]), Some(product.id()));
    // The topic `a` with the ID `b:7` is another stream, too.
    assert_ne!(streams[1], "a:b:7".into());
    assert_eq!(product.id().to_string(), "7");
}

#[test]
fn an_imported_text_may_be_stored_as_it_is() {
    let isbn = Isbn("978".into());
    assert_eq!(isbn.to_originator_id(), "978".into());
    assert_eq!(Isbn::from_originator_id(&"978".into()), Some(isbn));
}

#[test]
fn a_replay_names_the_aggregate_as_its_user_does() {
    let listed = &Product::list("7").pending_events()[0].clone();
    let again = DomainEvent::new(Sku("7".to_owned()), 1, listed.stamp().clone(), listed.body().clone());
    let error = Product::replay([listed.clone(), again]).expect_err("it came twice");
    assert!(error.to_string().starts_with("aggregate Product 7 cannot"), "{error}");
    assert_eq!(*error.originator_id(), "Product:7".into());
}

#[test]
fn bad_texts_are_no_ids() {
    for text in ["", "A\0"] {
        let error = text.parse::<Sku>().expect_err("it is no ID");
        assert_eq!(
            error.to_string(),
            format!("{text:?} is not an ID: it is empty or contains NUL")
        );
        assert!(error.source().is_none());
    }
    let error = "A-1".parse::<TicketId>().expect_err("it is no UUID");
    assert_eq!(error.to_string(), r#""A-1" is not a UUID"#);
    assert!(error.source().is_some());
}

#[test]
fn an_id_of_the_other_kind_is_none() {
    assert_eq!(Sku::from_originator_id(&OriginatorId::Uuid(Uuid::nil())), None);
    assert_eq!(TicketId::from_originator_id(&"A-1".into()), None);
    assert_eq!(Sku::from_originator_id(&"A-1".into()), None);
    assert_eq!(Sku::from_originator_id(&"Products:A-1".into()), None);
    assert_eq!(Sku::from_originator_id(&"Ticket:A-1".into()), None);
    assert_eq!(Sku::from_originator_id(&"Product:".into()), Some(Sku::nil()));
    assert_eq!(Sku::nil(), Sku(String::nil()));
    assert_eq!(TicketId::nil().uuid, Uuid::nil());
}
