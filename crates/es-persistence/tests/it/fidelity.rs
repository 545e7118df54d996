//! What is written comes back, straight or by way of a state without a type.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    net::{IpAddr, SocketAddr},
};

use es_domain::{Id, State, Timestamp};
use es_persistence::Transcoder;
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use uuid::Uuid;

use crate::fixture::{Dog, chain, value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Name(String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kind {
    Small,
    Large,
}

/// Bytes that are none of a list.
#[derive(Clone, Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Nested {
    Nothing,
    One(Box<Self>),
    Two(i128, Unit),
    Named {
        at: Option<Timestamp>,
        by: BTreeMap<Uuid, Self>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    At { time: Timestamp, from: IpAddr },
    Of(Of),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Of {
    id: Uuid,
    dog: Id<Dog>,
    is_new: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Wide(u128),
    Pair(f32, SocketAddr),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Time(Timestamp),
    Address(IpAddr),
    Id(Uuid),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    first: String,
    #[serde(flatten)]
    of: Of,
}

type Numbers = (u128, i128, u64, i64, i8, f64, f32, char);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Maps {
    uuids: BTreeMap<Uuid, u8>,
    ids: BTreeMap<Id<Dog>, Option<Timestamp>>,
    times: BTreeMap<Timestamp, String>,
    numbers: BTreeMap<u32, i128>,
    wide: BTreeMap<i128, (Unit, u8)>,
    kinds: BTreeMap<Kind, bool>,
    names: BTreeMap<Name, char>,
    flags: BTreeMap<bool, (u8, ())>,
    chars: BTreeMap<char, f32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Zoo {
    numbers: Numbers,
    maps: Maps,
    nested: Nested,
    internal: Vec<Internal>,
    adjacent: Adjacent,
    untagged: Vec<Untagged>,
    flat: Flat,
    bytes: Bytes,
    unit: Unit,
    nothing: (),
    pair: Option<Pair>,
    text: String,
}

fn time() -> impl Strategy<Value = Timestamp> {
    let all = Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros();
    prop_oneof![all, 0..=4_000_000_000_000_000_i64].prop_map(|micros| Timestamp::from_micros(micros).unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn text() -> impl Strategy<Value = String> {
    let uuid = || uuid().prop_map(|uuid| uuid.to_string());
    prop_oneof![
        ".{0,12}",
        uuid(),
        uuid().prop_map(|text| text.to_uppercase()),
        time().prop_map(|time| time.to_string()),
        "[0-9]{1,4}",
    ]
}

fn of() -> impl Strategy<Value = Of> {
    let parts = (uuid(), uuid(), any::<bool>());
    parts.prop_map(|(id, dog, is_new)| Of {
        id,
        dog: Id::from_uuid(dog),
        is_new,
    })
}

fn nested() -> impl Strategy<Value = Nested> {
    let leaf = prop_oneof![
        Just(Nested::Nothing),
        any::<i128>().prop_map(|value| Nested::Two(value, Unit)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Nested::One(Box::new(inner))),
            (proptest::option::of(time()), btree_map(uuid(), inner, 0..3))
                .prop_map(|(at, by)| Nested::Named { at, by }),
        ]
    })
}

fn maps() -> impl Strategy<Value = Maps> {
    let keyed_by_ids = (
        btree_map(uuid(), any::<u8>(), 0..3),
        btree_map(uuid().prop_map(Id::from_uuid), proptest::option::of(time()), 0..3),
        btree_map(time(), text(), 0..3),
    );
    let keyed_by_others = (
        btree_map(any::<u32>(), any::<i128>(), 0..3),
        btree_map(any::<i128>(), any::<u8>().prop_map(|number| (Unit, number)), 0..3),
        btree_map(prop_oneof![Just(Kind::Small), Just(Kind::Large)], any::<bool>(), 0..3),
        btree_map(text().prop_map(Name), any::<char>(), 0..3),
        btree_map(any::<bool>(), any::<(u8, ())>(), 0..3),
        btree_map(any::<char>(), any::<f32>(), 0..3),
    );
    (keyed_by_ids, keyed_by_others).prop_map(|((uuids, ids, times), others)| {
        let (numbers, wide, kinds, names, flags, chars) = others;
        Maps {
            uuids,
            ids,
            times,
            numbers,
            wide,
            kinds,
            names,
            flags,
            chars,
        }
    })
}

fn zoo() -> impl Strategy<Value = Zoo> {
    let internal = prop_oneof![
        (time(), any::<IpAddr>()).prop_map(|(time, from)| Internal::At { time, from }),
        of().prop_map(Internal::Of),
    ];
    let adjacent = prop_oneof![
        any::<u128>().prop_map(Adjacent::Wide),
        any::<(f32, SocketAddr)>().prop_map(|(value, address)| Adjacent::Pair(value, without_scope(address))),
    ];
    let untagged = prop_oneof![
        time().prop_map(Untagged::Time),
        any::<IpAddr>().prop_map(Untagged::Address),
        uuid().prop_map(Untagged::Id),
        Just(Untagged::Text("none of these".to_owned())),
    ];
    let enums = (nested(), vec(internal, 0..3), adjacent, vec(untagged, 0..3));
    let flat = (text(), of()).prop_map(|(first, of)| Flat { first, of });
    let bytes = any::<Vec<u8>>().prop_map(Bytes);
    let pair = proptest::option::of((any::<u8>(), text()).prop_map(|(number, text)| Pair(number, text)));
    let rest = (any::<Numbers>(), maps(), flat, bytes, pair, text());
    (enums, rest).prop_map(
        |((nested, internal, adjacent, untagged), (numbers, maps, flat, bytes, pair, text))| Zoo {
            numbers,
            maps,
            nested,
            internal,
            adjacent,
            untagged,
            flat,
            bytes,
            unit: Unit,
            nothing: (),
            pair,
            text,
        },
    )
}

/// The text of an address has no flow, so it is lost in any format.
fn without_scope(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// Reads what was written straight, by way of a state, and by way of a state that was made of the value.
fn check<T: Serialize + DeserializeOwned + Debug>(transcoder: &Transcoder, value_written: &T) {
    let expected = format!("{value_written:?}");
    let bytes = transcoder.encode(value_written).unwrap();
    let read: T = transcoder.decode(value(), &bytes).unwrap();
    assert_eq!(format!("{read:?}"), expected);

    let state = transcoder.decode_state(&bytes).unwrap();
    let read: T = state.clone().into_value().unwrap();
    assert_eq!(format!("{read:?}"), expected, "{state:?}");
    let upcast: T = State::from_value(&read).unwrap().into_value().unwrap();
    assert_eq!(format!("{upcast:?}"), expected);
    let rewritten = transcoder.encode(&state).unwrap();
    let rewritten = transcoder.decode_state(&rewritten).unwrap();
    assert_eq!(format!("{rewritten:?}"), format!("{state:?}"));
}

proptest! {
    #[test]
    fn whatever_is_written_comes_back(zoo in zoo()) {
        check(&Transcoder::MessagePack, &zoo);
        check(&Transcoder::Json, &zoo);
    }

    #[test]
    fn floats_come_back_to_the_last_bit(double in any::<f64>(), single in any::<f32>()) {
        let check = |transcoder: &Transcoder| {
            let bytes = transcoder.encode(&(double, single)).unwrap();
            let (straight, state): ((f64, f32), State) = (
                transcoder.decode(value(), &bytes).unwrap(),
                transcoder.decode_state(&bytes).unwrap(),
            );
            let by_state: (f64, f32) = state.into_value().unwrap();
            for (read_double, read_single) in [straight, by_state] {
                assert_eq!(read_double.to_bits(), double.to_bits());
                assert_eq!(read_single.to_bits(), single.to_bits());
            }
        };
        check(&Transcoder::MessagePack);
        if double.is_finite() && single.is_finite() {
            check(&Transcoder::Json);
        }
    }
}

#[test]
fn messagepack_has_floats_that_json_lacks() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(&Transcoder::MessagePack, &float);
    }
}

#[test]
fn both_formats_have_the_same_state_where_both_have_the_value() {
    let value = (
        Uuid::from_u128(7),
        Timestamp::from_micros(1).unwrap(),
        u128::MAX,
        i128::MIN,
        "127.0.0.1".parse::<IpAddr>().unwrap(),
        BTreeMap::from([(Uuid::from_u128(8), Timestamp::from_micros(-1).unwrap())]),
    );
    let states = [Transcoder::Json, Transcoder::MessagePack].map(|transcoder| {
        let bytes = transcoder.encode(&value).unwrap();
        transcoder.decode_state(&bytes).unwrap()
    });
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0], State::from_value(&value).unwrap());
}

#[test]
fn an_integer_beyond_128_bits_is_a_float_as_readers_of_json_have_it() {
    let state = |json: &str| Transcoder::Json.decode_state(json.as_bytes()).unwrap();
    assert_eq!(
        state("340282366920938463463374607431768211455"),
        State::Unsigned(u128::MAX)
    );
    assert_eq!(
        state("340282366920938463463374607431768211456"),
        State::Float(340_282_366_920_938_463_463_374_607_431_768_211_456.0)
    );
    assert_eq!(state("-0.0"), State::Float(-0.0));
    let error = chain(&Transcoder::Json.decode_state(b"1e999").unwrap_err());
    assert!(error.contains("number out of range"), "{error}");
}
