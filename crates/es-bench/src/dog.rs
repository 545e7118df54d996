//! The aggregate that is measured, and rows of its events.

use es_domain::{RootAccess as _, prelude::*};
use es_persistence::{Mapper, MapperError, StoredEvent};

/// A dog with tricks.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Dog {
    root: Root<Self>,
    name: String,
    trick: String,
    tricks: usize,
}

#[events(vis = pub(crate))]
impl Dog {
    #[event(Registered)]
    pub(crate) fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event(TrickAdded)]
    pub(crate) fn add_trick(&mut self, trick: &str) {
        trick.clone_into(&mut self.trick);
        self.tricks += 1;
    }
}

/// A dog whose events have a hash chain.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
#[aggregate(hash_chain)]
pub(crate) struct ChainedDog {
    root: Root<Self>,
    trick: String,
}

#[events(vis = pub(crate))]
impl ChainedDog {
    #[event(Registered)]
    pub(crate) fn register(name: &str) -> Self {
        let _ = name;
        Self::default()
    }

    #[event(TrickAdded)]
    pub(crate) fn add_trick(&mut self, trick: &str) {
        trick.clone_into(&mut self.trick);
    }
}

/// An order, whose event has a larger body.
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    root: Root<Self>,
    lines: usize,
}

/// A line of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    article: String,
    quantity: u32,
    price: u64,
}

#[events(vis = pub(crate))]
impl Order {
    #[event(Placed)]
    pub(crate) fn place(customer: &str, address: &str, lines: Vec<Line>) -> Self {
        let _ = (customer, address);
        Self {
            lines: lines.len(),
            ..Self::default()
        }
    }
}

/// The event of a new order of ten lines.
pub(crate) fn order() -> Vec<DomainEvent<OrderEvent>> {
    let line = |number: u32| Line {
        article: format!("article-{number:04}"),
        quantity: number,
        price: 1_250,
    };
    Order::place(
        "Ann Example",
        "1 Example Street, Exampletown",
        (1..=10).map(line).collect(),
    )
    .collect_events()
}

/// Returns the events of a new dog with a hash chain that has learnt so much that there are `len` of them.
pub(crate) fn chained_events(len: usize) -> Vec<DomainEvent<ChainedDogEvent>> {
    let mut dog = ChainedDog::register("Fido");
    for _ in 1..len {
        dog.add_trick("roll over");
    }
    dog.collect_events()
}

/// The events of a new dog that has learnt so much that there are `len` of them.
pub(crate) fn events(len: usize) -> Vec<DomainEvent<DogEvent>> {
    let mut dog = Dog::register("Fido");
    for _ in 1..len {
        dog.add_trick("roll over");
    }
    dog.collect_events()
}

/// The same as rows.
pub(crate) fn rows(len: usize) -> Result<Vec<StoredEvent>, MapperError> {
    events(len)
        .iter()
        .map(|event| Mapper::default().to_stored(event))
        .collect()
}
