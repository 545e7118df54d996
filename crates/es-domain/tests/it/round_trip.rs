//! Events and snapshots that do not come back as they were.
#![expect(clippy::option_option, reason = "no format tells `Some(None)` from `None`")]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use es_domain::{
    Timestamp,
    prelude::*,
    testing::{assert_events_round_trip, assert_snapshot_round_trips},
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Address {
    street: String,
    #[serde(skip)]
    checked: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    city: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Price {
    Exact { amount: u128 },
    Scale { from: BTreeMap<u8, u8> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree(Vec<Self>);

#[derive(Aggregate, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shop {
    root: Root<Self>,
    name: String,
    sold: HashMap<u64, u8>,
    #[serde(skip)]
    visits: u32,
}

#[events(derive(PartialEq))]
#[expect(dead_code, reason = "only the events matter")]
impl Shop {
    #[event(Opened)]
    pub fn open(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event(Moved)]
    pub fn moved(&mut self, to: Address) {}

    #[event(Priced)]
    pub fn price(&mut self, price: Price) {}

    #[event(Measured)]
    pub fn measure(&mut self, value: f64, more: Option<Option<u8>>, pairs: BTreeMap<(u8, u8), u8>) {}

    #[event(Planted)]
    pub fn plant(&mut self, tree: Tree) {}

    #[event(Visited)]
    pub fn visit(&mut self, by: HashSet<String>, at: Option<Timestamp>) {
        self.visits += 1;
    }
}

fn message(check: impl FnOnce()) -> Option<String> {
    let panicked = catch_unwind(AssertUnwindSafe(check)).err()?;
    Some(*panicked.downcast::<String>().expect("the panic has a message"))
}

fn check_event(event: ShopEvent, expected: &str) {
    let message = message(|| assert_events_round_trip([event])).expect("it does not come back");
    assert!(message.contains(expected), "{message}");
}

fn measured(value: f64, more: Option<Option<u8>>) -> ShopEvent {
    ShopEvent::Measured {
        value,
        more,
        pairs: BTreeMap::new(),
    }
}

/// A tree that is nested so many levels deep.
fn tree(levels: usize) -> Tree {
    (1..levels).fold(Tree(Vec::new()), |inner, _| Tree(vec![inner]))
}

#[test]
fn events_that_come_back_pass() {
    let tree = tree(125);
    let by = (0..100).map(|number| number.to_string()).collect();
    assert_events_round_trip([
        ShopEvent::Opened { name: String::new() },
        measured(-0.0, None),
        measured(f64::MIN_POSITIVE, Some(Some(1))),
        ShopEvent::Planted { tree },
        ShopEvent::Visited {
            by,
            at: Some(Timestamp::UNIX_EPOCH),
        },
    ]);
}

#[test]
fn what_is_lost_or_cannot_be_read_is_named() {
    check_event(
        measured(f64::NAN, None),
        "event Shop.Measured: JSON cannot hold it: field `Measured.value`: NaN and infinities are no numbers",
    );
    check_event(
        measured(0.0, Some(None)),
        "it comes back from JSON as another value:\n  -     more: Some(\n  -         None,\n  -     ),\n  +     more: None,",
    );
    check_event(
        ShopEvent::Measured {
            value: 0.0,
            more: None,
            pairs: BTreeMap::from([((1, 2), 3)]),
        },
        "JSON cannot hold it: field `Measured.pairs.List([Integer(1), Integer(2)])`: a key is a text",
    );
    check_event(
        ShopEvent::Planted { tree: tree(126) },
        "it is nested more than 127 levels deep",
    );
    let address = |checked, city: &str| ShopEvent::Moved {
        to: Address {
            street: "Long".to_owned(),
            checked,
            city: city.to_owned(),
        },
    };
    check_event(
        address(true, "Ur"),
        "-         checked: true,\n  +         checked: false,",
    );
    check_event(
        address(false, ""),
        "can be written as JSON and not be read back: field `to`: missing field `city`",
    );
    let price = Price::Exact { amount: u128::MAX };
    check_event(ShopEvent::Priced { price }, "not be read back: field `price[…]`: ");
    let price = Price::Scale {
        from: BTreeMap::from([(1, 2)]),
    };
    check_event(
        ShopEvent::Priced { price },
        "field `price`: invalid type: string \"1\", expected u8",
    );
}

#[test]
fn fields_that_a_snapshot_loses_are_named() {
    let mut shop = Shop::open("Corner");
    shop.sold = (0..100).map(|number| (number, 1)).collect();
    assert_snapshot_round_trips(shop);

    let mut shop = Shop::open("Corner");
    shop.visit(HashSet::new(), None);
    let message = message(|| assert_snapshot_round_trips(shop)).expect("it does not come back");
    assert_eq!(
        message,
        "snapshot of Shop: it comes back from JSON as another value:\n  -     visits: 1,\n  +     visits: 0,"
    );
}

#[test]
fn an_aggregate_without_events_has_no_snapshot() {
    let message = message(|| assert_snapshot_round_trips(Shop::default())).expect("it has none");
    assert!(message.contains("no event has created it"), "{message}");
}
