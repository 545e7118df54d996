//! States without a type.

use std::collections::BTreeMap;

use es_domain::{State, prelude::*};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i64, u64),
    Box { width: u8, height: Option<i128> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    no: (),
    yes: bool,
    small: i8,
    large: u64,
    vast: i128,
    part: f32,
    letter: char,
    text: String,
    maybe: Option<u8>,
    none: Option<u8>,
    shapes: Vec<Shape>,
    counts: BTreeMap<u32, String>,
    by_kind: BTreeMap<Kind, u8>,
    id: uuid::Uuid,
    pair: (u8, String),
    wrapped: Wrapped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kind {
    Fine,
}

fn everything() -> Everything {
    Everything {
        no: (),
        yes: true,
        small: -3,
        large: u64::MAX,
        vast: i128::MIN,
        part: 0.1,
        letter: 'ß',
        text: "text".to_owned(),
        maybe: Some(1),
        none: None,
        shapes: vec![
            Shape::Point,
            Shape::Circle(1.5),
            Shape::Line(-1, 1),
            Shape::Box {
                width: 1,
                height: Some(2),
            },
        ],
        counts: BTreeMap::from([(7, "seven".to_owned())]),
        by_kind: BTreeMap::from([(Kind::Fine, 1)]),
        id: uuid::Uuid::from_u128(5),
        pair: (1, "one".to_owned()),
        wrapped: Wrapped("w".to_owned()),
    }
}

#[test]
fn a_value_and_its_state_are_the_same() {
    let state = State::from_value(&everything()).expect("it has a state");
    assert_eq!(state.into_value::<Everything>().as_ref(), Ok(&everything()));
}

#[test]
fn a_state_is_what_a_format_makes_of_the_value() {
    let mut value = everything();
    value.vast = 1; // serde_json's values end at 64 bits.
    let json = serde_json::to_string(&value).expect("it can be written");
    let state: State = serde_json::from_str(&json).expect("it can be read");
    assert_eq!(serde_json::to_string(&state).expect("it can be written"), json);
    assert_eq!(state.into_value(), Ok(value));
}

#[test]
fn fields_can_be_added_taken_and_renamed() {
    let mut state = State::map([("a", 1.into()), ("b", "two".into())]);
    assert_eq!(state.insert("a", 2), Some(State::Integer(1)));
    assert_eq!(state.insert("c", vec![true]), None);
    assert_eq!(state.remove("b"), Some(State::Text("two".to_owned())));
    assert_eq!(state.remove("b"), None);
    state.rename("a", "c");
    assert_eq!(state, State::map([("c", State::Integer(2))]));
    state.rename("no such", "c");
    assert_eq!(state.get("c").and_then(State::as_integer), Some(2));
}

#[test]
fn what_is_no_map_has_no_fields() {
    let mut state = State::from(3);
    assert_eq!(state.insert("a", 1), None);
    assert_eq!(state.remove("a"), None);
    assert_eq!(state.get("a"), None);
    assert_eq!(state.renamed("a", "b").with("c", 1), State::from(3));
}

#[test]
fn bad_states_are_errors() {
    let read = |state: State| state.into_value::<Everything>().map_err(|error| error.to_string());
    assert_eq!(
        read(State::Null),
        Err("invalid type: unit value, expected struct Everything".to_owned())
    );
    let state = State::from_value(&everything()).expect("it has a state");
    assert_eq!(
        read(state.clone().without("letter")),
        Err("missing field `letter`".to_owned())
    );
    assert_eq!(
        read(state.clone().with("shapes", vec!["Square"])),
        Err("field `shapes[0]`: unknown variant `Square`, expected one of `Point`, `Circle`, `Line`, `Box`".to_owned())
    );
    let state = state.with(
        "shapes",
        vec![State::map([(
            "Box",
            State::map([("width", "wide")].map(|(name, value)| (name, value.into()))),
        )])],
    );
    assert_eq!(
        read(state),
        Err("field `shapes[0].width`: invalid type: string \"wide\", expected u8".to_owned())
    );
}
