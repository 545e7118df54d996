//! States of aggregates, kept as values.

use es_domain::{
    DataIntegrityErrorKind, EventHash, RootAccess as _, Snapshot, SnapshotRef, SnapshotVisitor, State, prelude::*,
    testing::deterministic,
};
use serde::de::DeserializeOwned;

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(hash_chain, upcast(dog_v1_to_v2, dog_v2_to_v3))]
pub struct Dog {
    root: Root<Self>,
    name: String,
    tricks: Vec<String>,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    pub fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: &str) {
        self.tricks.push(trick.to_owned());
    }

    #[event(Left, discards)]
    pub fn leave(&mut self) {}
}

fn dog_v1_to_v2(state: State) -> State {
    state.renamed("called", "name")
}

fn dog_v2_to_v3(mut state: State) -> Result<State, String> {
    let tricks = state.remove("tricks").unwrap_or_default();
    let tricks = tricks.as_text().ok_or("tricks are a text")?;
    let tricks: Vec<&str> = tricks.split(", ").collect();
    Ok(state.with("tricks", tricks))
}

#[derive(Aggregate, Debug, Default)]
struct Stone {
    root: Root<Self>,
}

#[events]
impl Stone {
    #[event(Found)]
    fn find() -> Self {
        Self::default()
    }
}

fn saved() -> Dog {
    let mut dog = deterministic(|| {
        let mut dog = Dog::register("Fido");
        dog.add_trick("sit");
        dog.add_trick("roll over");
        dog
    });
    drop(dog.collect_events());
    dog
}

const STATE: &str = r#"{"version":3,"state":{"root":{"id":"00000000-0000-7000-8000-000000000001","version":3,"created_on":"2000-01-01T00:00:00.000000Z","modified_on":"2000-01-01T00:00:02.000000Z"},"name":"Fido","tricks":["sit","roll over"]}}"#;

#[test]
fn a_snapshot_is_written_with_its_version_and_read_back() {
    let dog = saved();
    let snapshot = Snapshot::take(dog.clone()).expect("it is saved");
    let json = serde_json::to_string(&snapshot).expect("it can be written");
    assert_eq!(json, STATE);
    let by_reference = SnapshotRef::take(&dog).expect("it is saved");
    assert_eq!(serde_json::to_string(&by_reference).expect("it can be written"), json);
    let again: Snapshot<Dog> = serde_json::from_str(&json).expect("it can be read");
    assert_eq!(again, snapshot);
    assert_eq!(
        (again.originator_id(), again.version(), again.timestamp()),
        (dog.id(), 3, dog.modified_on())
    );
    assert_eq!(*again.aggregate(), dog);
}

#[test]
fn what_is_not_stored_has_no_snapshot() {
    let mut dog = saved();
    dog.add_trick("bark");
    assert!(Snapshot::take(dog.clone()).is_none(), "an event is pending");
    drop(dog.collect_events());
    dog.leave();
    drop(dog.collect_events());
    assert!(SnapshotRef::take(&dog).is_none(), "it has left");
    assert!(Snapshot::take(Dog::default()).is_none(), "no event has made it");
    let mut refused = saved();
    refused.leave();
    refused.leave();
    drop(refused.collect_events());
    assert!(Snapshot::take(refused).is_none(), "an event was refused");
}

fn read(text: &str) -> Result<Dog, String> {
    let snapshot = serde_json::from_str::<Snapshot<Dog>>(text);
    snapshot
        .map(Snapshot::into_aggregate)
        .map_err(|error| error.to_string())
}

#[test]
fn older_snapshots_are_brought_up_to_date() {
    let list = r#""tricks":["sit","roll over"]"#;
    let text = r#""tricks":"sit, roll over""#;
    let v2 = STATE
        .replace(list, text)
        .replace(r#"{"version":3,"#, r#"{"version":2,"#);
    let v1 = v2.replace(r#""version":2,"#, "").replace(r#""name""#, r#""called""#);
    let newer = STATE.replace(r#"{"version":3,"#, r#"{"version":9,"more":1,"#);
    let unordered = STATE
        .replace(r#"{"version":3,"#, "{")
        .replace("}}", r#"},"version":3}"#);
    for text in [STATE, &v2, &v1, &newer, &unordered] {
        let dog = read(text).expect("it can be read");
        assert_eq!(
            (dog.name.as_str(), dog.tricks.len(), dog.version()),
            ("Fido", 2, 3),
            "{text}"
        );
    }
}

#[test]
fn snapshots_that_cannot_be_read_are_errors() {
    let bad = STATE.replace(r#"{"version":3,"#, r#"{"version":2,"#);
    let error = read(&bad).expect_err("the tricks are a list already");
    assert!(
        error.starts_with(r#"the state of "Dog" cannot be brought up to date from version 2: tricks are a text"#),
        "{error}"
    );
    assert_eq!(
        read("{}").expect_err("there is no state"),
        "missing field `state` at line 1 column 2"
    );
}

struct Measure<'a, A>(&'a A);

impl<A: Aggregate> SnapshotVisitor<A> for Measure<'_, A> {
    type Output = usize;

    fn visit(self) -> usize
    where
        A: Serialize + DeserializeOwned,
    {
        let snapshot = SnapshotRef::take(self.0).expect("it is saved");
        serde_json::to_string(&snapshot).expect("it can be written").len()
    }
}

fn measure<A: Aggregate>(aggregate: &A) -> Option<usize> {
    A::with_snapshots(Measure(aggregate))
}

#[test]
fn aggregates_that_cannot_be_written_have_no_snapshots() {
    assert_eq!(measure(&Stone::find()), None);
    assert_eq!(measure(&saved()), Some(STATE.len()));
}

#[test]
fn a_snapshot_has_the_head_of_the_chain() {
    const { assert!(Dog::HASH_CHAIN) };
    const { assert!(!Stone::HASH_CHAIN) };
    let mut dog = saved();
    assert_eq!(dog.head(), None);
    let hash = EventHash::from_bytes([7; 32]);
    dog.set_head(hash);
    let json = serde_json::to_string(&Snapshot::take(dog).expect("it is saved")).expect("it can be written");
    assert!(json.contains(&format!(r#""head":"{}""#, "07".repeat(32))), "{json}");
    let mut dog = read(&json).expect("it can be read");
    assert_eq!(dog.head(), Some(hash));
    dog.add_trick("bark");
    assert_eq!(dog.head(), Some(hash), "a pending event has no hash");
}

#[test]
fn a_head_is_verified_against_an_independent_record() {
    let mut dog = saved();
    let (one, other) = (EventHash::from_bytes([1; 32]), EventHash::from_bytes([2; 32]));
    let error = dog.verify_head(one).expect_err("there is no head");
    assert_eq!(*error.kind(), DataIntegrityErrorKind::NoHead);
    dog.set_head(one);
    assert_eq!(dog.verify_head(one), Ok(()));
    let error = dog.verify_head(other).expect_err("the head is another");
    assert_eq!(
        *error.kind(),
        DataIntegrityErrorKind::HeadHash {
            expected: other,
            actual: one
        }
    );
    assert!(error.to_string().contains(&dog.id().to_string()), "{error}");
}

#[test]
fn a_hash_has_a_text() {
    let text = "0a".repeat(31) + "FF";
    let hash: EventHash = text.parse().expect("it is a hash");
    assert_eq!(hash.to_string(), text.to_lowercase());
    assert_eq!(hash.as_bytes()[31], 255);
    for bad in ["", "0a", "0aa", &"g".repeat(64), &"0".repeat(66)] {
        let error = bad.parse::<EventHash>().expect_err("it is no hash");
        assert_eq!(
            error.to_string(),
            format!("{bad:?} is not a hash of 64 hexadecimal digits")
        );
    }
}
