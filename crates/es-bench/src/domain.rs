//! The domain and the mapper, on one core and without a store.

use std::hint::black_box;

use es_domain::{Aggregate, DomainEvent, Event, RootAccess as _};
use es_persistence::{Mapper, StoredEvent};
use serde::{Deserialize, Serialize};

use crate::{
    AnyError,
    dog::{self, Dog, DogEvent, Line, OrderEvent},
    measure::Bench,
};

const EVENTS: usize = 10_000;
const LARGE: &str = "mapper: event to bytes, an order of ten lines";

pub(crate) fn run(bench: &mut Bench) -> Result<(), AnyError> {
    if bench.wants("domain: trigger an event") {
        let mut dog = Dog::register("Fido");
        let figure = Bench::time(EVENTS, || {
            for _ in 0..EVENTS {
                dog.add_trick(black_box("roll over"));
            }
            drop(black_box(dog.collect_events()));
        });
        Bench::row("domain: trigger an event", figure, None);
    }
    if bench.wants("domain: replay decoded events") {
        let events = dog::events(EVENTS);
        let figure = Bench::time(EVENTS, || {
            black_box(Dog::replay(events.iter().cloned()).ok());
        });
        Bench::row("domain: replay decoded events", figure, None);
    }
    mapper(bench)
}

fn mapper(bench: &Bench) -> Result<(), AnyError> {
    let mapper = Mapper::default();
    let (events, rows) = (dog::events(EVENTS), dog::rows(EVENTS)?);
    if bench.wants("mapper: replay from JSON") {
        let figure = Bench::time(EVENTS, || {
            let decoded = rows.iter().filter_map(|row| mapper.to_domain::<DogEvent>(row).ok());
            black_box(Dog::replay(decoded).ok());
        });
        Bench::row("mapper: replay from JSON", figure, None);
    }
    if bench.wants("mapper: event to bytes") {
        let plain = plain(&rows)?;
        let ours = Bench::time(EVENTS, || encode(&mapper, &events));
        let theirs = Bench::time(EVENTS, || {
            for value in &plain {
                black_box(serde_json::to_vec(value).ok());
            }
        });
        Bench::row("mapper: event to bytes", ours, Some(("serde_json, the body", theirs)));
    }
    if bench.wants(LARGE) {
        let events = dog::order();
        let plain: Vec<_> = events.iter().map(|event| PlainOrder::of(event.body())).collect();
        let ours = Bench::time(EVENTS, || (0..EVENTS).for_each(|_| encode(&mapper, &events)));
        let theirs = Bench::time(EVENTS, || {
            for _ in 0..EVENTS {
                for value in &plain {
                    black_box(serde_json::to_vec(value).ok());
                }
            }
        });
        Bench::row(LARGE, ours, Some(("serde_json, the body", theirs)));
    }
    if bench.wants("mapper: bytes to event") {
        let ours = Bench::time(EVENTS, || {
            for row in &rows {
                black_box(mapper.to_domain::<DogEvent>(row).ok());
            }
        });
        let theirs = Bench::time(EVENTS, || {
            for row in &rows {
                black_box(serde_json::from_slice::<Plain>(&row.state).ok());
            }
        });
        Bench::row("mapper: bytes to event", ours, Some(("serde_json, the body", theirs)));
    }
    Ok(())
}

/// The body of an event as a user of `serde_json` would define it. The event `Registered` has a field `name` in place of
/// `trick`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Plain {
    #[serde(alias = "name")]
    trick: String,
}

/// The body of an order, without an enum around it.
#[derive(Serialize)]
struct PlainOrder<'a> {
    customer: &'a str,
    address: &'a str,
    lines: &'a [Line],
}

impl<'a> PlainOrder<'a> {
    fn of(event: &'a OrderEvent) -> Self {
        let OrderEvent::Placed {
            customer,
            address,
            lines,
        } = event;
        Self {
            customer,
            address,
            lines,
        }
    }
}

fn plain(rows: &[StoredEvent]) -> Result<Vec<Plain>, serde_json::Error> {
    rows.iter().map(|row| serde_json::from_slice(&row.state)).collect()
}

fn encode<E: Event>(mapper: &Mapper, events: &[DomainEvent<E>]) {
    for event in events {
        black_box(mapper.to_stored(event).ok());
    }
}
