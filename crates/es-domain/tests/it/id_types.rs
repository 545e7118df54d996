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
    assert_eq!(product.id().to_originator_id(), OriginatorId::from("A-1"));
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
    assert_eq!(Sku::nil(), Sku(String::nil()));
    assert_eq!(TicketId::nil().uuid, Uuid::nil());
}
