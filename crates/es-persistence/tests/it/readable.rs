//! Events that could not be read back are not written, and what can be read is read by upcasters as well.
#![expect(clippy::option_option, reason = "no format tells `Some(None)` from `None`")]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::IpAddr,
};

use es_domain::{State, Timestamp, prelude::*};
use es_persistence::{Mapper, MapperConfig, MapperErrorKind, Transcoder};
use uuid::Uuid;

use crate::fixture::chain;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Source {
    Sensor {
        at: Timestamp,
        address: IpAddr,
    },
    /// Serde's tagged enums read no integers of 128 bits, not even small ones.
    Count {
        count: u128,
    },
    Scale {
        steps: BTreeMap<u8, u8>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    #[serde(skip_serializing_if = "String::is_empty")]
    city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    street: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tree(Vec<Self>);

#[derive(Aggregate, Debug, Default)]
struct Station {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
#[expect(dead_code, reason = "only the events matter")]
impl Station {
    #[event(Built)]
    fn build(place: Place) -> Self {
        drop(place);
        Self::default()
    }

    #[event(Measured)]
    fn measure(&mut self, value: f64, more: Option<Option<u8>>, by: BTreeMap<Uuid, HashMap<Id<Self>, i128>>) {
        drop((value, more, by));
    }

    #[event(Told)]
    fn tell(&mut self, source: Source, to: HashSet<String>) {
        drop((source, to));
    }

    #[event(Planted)]
    fn plant(&mut self, trees: Tree) {
        drop(trees);
    }
}

fn mappers() -> [Mapper; 2] {
    [Transcoder::Json, Transcoder::MessagePack].map(|transcoder| {
        Mapper::new(MapperConfig {
            transcoder,
            ..MapperConfig::default()
        })
    })
}

fn measured(value: f64, more: Option<Option<u8>>) -> StationEvent {
    let count = |number: u128| (Id::from_uuid(Uuid::from_u128(7 + number)), i128::MIN);
    let counts = (1..50).map(count).collect();
    let by = BTreeMap::from([(Uuid::from_u128(7), counts)]);
    StationEvent::Measured { value, more, by }
}

fn told(source: Source) -> StationEvent {
    let to = (0..50).map(|number| number.to_string()).collect();
    StationEvent::Told { source, to }
}

fn built(city: &str) -> StationEvent {
    let city = city.to_owned();
    StationEvent::Built {
        place: Place { city, street: None },
    }
}

/// A tree that is nested so many levels deep.
fn planted(levels: usize) -> StationEvent {
    let trees = (1..levels).fold(Tree(Vec::new()), |inner, _| Tree(vec![inner]));
    StationEvent::Planted { trees }
}

fn event(body: StationEvent) -> DomainEvent<StationEvent> {
    DomainEvent::new(Id::from_uuid(Uuid::from_u128(3)), 2, es_domain::Stamp::now(), body)
}

fn check_comes_back(mapper: &Mapper, body: StationEvent) {
    let event = event(body);
    let stored = mapper.to_stored(&event).unwrap();
    assert_eq!(mapper.to_domain::<StationEvent>(&stored).unwrap(), event);
}

fn check_refused(mapper: &Mapper, body: StationEvent, field: &str) {
    let error = mapper.to_stored(&event(body)).unwrap_err();
    let MapperErrorKind::Encoding(cause) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(cause.field(), Some(field), "{}", chain(&error));
    assert!(
        chain(&error).contains("00000000-0000-0000-0000-000000000003"),
        "{}",
        chain(&error)
    );
    assert!(error.topic().starts_with("Station."));
}

#[test]
fn what_can_be_read_back_is_written() {
    for mapper in mappers() {
        check_comes_back(&mapper, built("Ur"));
        check_comes_back(&mapper, measured(0.1, Some(Some(1))));
        check_comes_back(&mapper, planted(126));
        let (at, address) = (Timestamp::UNIX_EPOCH, "::1".parse().unwrap());
        check_comes_back(&mapper, told(Source::Sensor { at, address }));
    }
    let [_, messagepack] = mappers();
    let steps = BTreeMap::from([(1, 2)]);
    check_comes_back(&messagepack, told(Source::Scale { steps }));
    let infinite = event(measured(f64::INFINITY, None));
    assert!(messagepack.to_stored(&infinite).is_ok(), "MessagePack has it");
}

#[test]
fn what_cannot_be_read_back_is_refused_with_the_name_of_the_field() {
    let [json, messagepack] = mappers();
    for mapper in [&json, &messagepack] {
        check_refused(mapper, built(""), "place");
        check_refused(mapper, measured(0.1, Some(None)), "more");
        check_refused(mapper, told(Source::Count { count: 7 }), "source");
        let deep = mapper.to_stored(&event(planted(127))).unwrap_err();
        assert!(
            chain(&deep).contains("nested more than 127 levels deep"),
            "{}",
            chain(&deep)
        );
    }
    check_refused(&json, measured(f64::NAN, None), "value");
    let steps = BTreeMap::from([(1, 2)]);
    check_refused(&json, told(Source::Scale { steps }), "source");
}

/// As `Station`, with an upcaster that changes nothing.
mod upcast {
    use super::*;

    #[derive(Aggregate, Debug, Default)]
    #[aggregate(topic = "Station")]
    pub(super) struct Upcast {
        root: Root<Self>,
    }

    #[events(vis = pub(super), derive(PartialEq))]
    #[expect(dead_code, reason = "only the events matter")]
    impl Upcast {
        #[event(Built, topic = "Station.Built", upcast(same))]
        fn build(place: Place) -> Self {
            drop(place);
            Self::default()
        }

        #[event(Measured, topic = "Station.Measured", upcast(same, retyped))]
        fn measure(&mut self, value: f64, more: Option<Option<u8>>, by: BTreeMap<Uuid, HashMap<Id<Station>, i128>>) {
            drop((value, more, by));
        }

        #[event(Told, topic = "Station.Told", upcast(same))]
        fn tell(&mut self, source: Source, to: HashSet<String>) {
            drop((source, to));
        }
    }

    fn same(state: State) -> State {
        state
    }

    /// Goes through a type and back.
    fn retyped(state: State) -> Result<State, es_domain::StateError> {
        #[derive(Serialize, Deserialize)]
        struct Measured {
            value: f64,
            more: Option<u8>,
            by: BTreeMap<Uuid, HashMap<Id<Station>, i128>>,
        }

        State::from_value(&state.into_value::<Measured>()?)
    }
}

#[test]
fn an_upcaster_that_changes_nothing_changes_nothing() {
    use self::upcast::UpcastEvent;

    for mapper in mappers() {
        let read = |body| {
            let stored = mapper.to_stored(&event(body)).unwrap();
            assert_eq!(stored.schema_version, 1);
            let event = mapper.to_domain::<UpcastEvent>(&stored).unwrap();
            event.bodies()[0].clone()
        };
        let body = measured(0.1, Some(Some(1)));
        let StationEvent::Measured { value, more, by } = body.clone() else {
            unreachable!("it was measured");
        };
        assert_eq!(read(body), UpcastEvent::Measured { value, more, by });

        let (at, address) = (Timestamp::UNIX_EPOCH, "127.0.0.1".parse().unwrap());
        let body = told(Source::Sensor { at, address });
        let StationEvent::Told { source, to } = body.clone() else {
            unreachable!("it was told");
        };
        assert_eq!(read(body), UpcastEvent::Told { source, to });
    }
}
