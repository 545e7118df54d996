//! The file that holds the shapes of events.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use es_domain::{State, Timestamp, prelude::*, testing::assert_events_locked};
use uuid::Uuid;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    street: String,
    #[serde(default)]
    floors: Vec<u8>,
    next: Option<Box<Address>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Size {
    Small,
    Exact(f64),
    Box { width: u32, height: u32 },
    Pair(Uuid, bool),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Metres(i64);

#[derive(Aggregate, Debug, Default)]
pub struct Parcel {
    root: Root<Self>,
}

#[events(retired("Parcel.Weighed", "Parcel.Opened" = read_opened))]
#[expect(dead_code, reason = "only the shapes matter")]
impl Parcel {
    #[event(Sent)]
    pub fn send(to: Address, size: Size, at: Timestamp) -> Self {
        Self::default()
    }

    #[event(Moved, alias = "Parcel.Shifted", upcast(same))]
    pub fn moved(
        &mut self,
        by: Metres,
        parcel: Id<Self>,
        prices: BTreeMap<Uuid, Option<Metres>>,
        triple: (Uuid, Address, u8),
    ) {
    }

    #[event(Lost)]
    pub fn lost(&mut self) {}
}

fn read_opened(_: State, _: u32) -> [ParcelEvent; 0] {
    []
}

fn same(state: State) -> State {
    state
}

const LOCKED: &str = "\
# The shapes of stored events. Written by `es_domain::testing::assert_events_locked`.

Parcel.Sent version 1
    to.street: text
    to.floors[]: u8
    to.next?: Address
    size|Small: nothing
    size|Exact: f64
    size|Box.width: u32
    size|Box.height: u32
    size|Pair.0: text
    size|Pair.1: bool
    at: text

Parcel.Moved version 2
  alias Parcel.Shifted
    by: i64
    parcel: text
    prices{key}: text
    prices{}?: i64
    triple.0: text
    triple.1.street: text
    triple.1.floors[]: u8
    triple.1.next?: Address
    triple.2: u8

Parcel.Lost version 1

retired Parcel.Weighed
retired Parcel.Opened
";

/// A file that is removed again.
struct File(std::path::PathBuf);

impl File {
    fn holding(name: &str, text: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("es-domain-{}", std::process::id()));
        let file = Self(directory.join(name));
        fs::create_dir_all(file.0.parent().expect("it is in a directory")).expect("the directory can be made");
        fs::write(&file.0, text).expect("the file can be written");
        file
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).expect("the file is there")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn check(file: &File) -> Option<String> {
    let checked = catch_unwind(AssertUnwindSafe(|| assert_events_locked::<Parcel>(&file.0)));
    let message = checked.err()?.downcast::<String>();
    Some(*message.expect("the panic has a message"))
}

#[test]
fn events_that_are_as_the_file_has_them_pass() {
    assert_eq!(check(&File::holding("same.lock", LOCKED)), None);
}

fn check_changed(name: &str, old: &str, new: &str, expected: &[&str]) {
    let file = File::holding(name, &LOCKED.replace(old, new));
    let message = check(&file).expect("the events have changed");
    for expected in expected {
        assert!(message.contains(expected), "{message}");
    }
    assert!(
        message.ends_with("look at what has changed in the file, and commit it."),
        "{message}"
    );
    assert_ne!(file.text(), LOCKED);
}

#[test]
fn a_field_of_another_type_wants_an_upcaster() {
    check_changed(
        "type.lock",
        "    by: i64",
        "    by: text",
        &[
            "Parcel.Moved has changed, and is still version 2:",
            "    - by: text\n    + by: i64",
            "`upcast(…, v2_to_v3)`",
        ],
    );
}

#[test]
fn a_new_field_wants_an_upcaster_or_a_default() {
    check_changed(
        "new_field.lock",
        "    at: text\n",
        "",
        &["Parcel.Sent has changed", "    + at: text", "#[serde(default)]"],
    );
}

#[test]
fn an_upcaster_is_enough() {
    check_changed(
        "upcaster.lock",
        "Parcel.Moved version 2\n  alias Parcel.Shifted\n    by: i64",
        "Parcel.Moved version 1\n    by: i32",
        &["- Parcel.Moved went on from version 1 to 2\n    - by: i32\n    + by: i64"],
    );
}

#[test]
fn an_upcaster_must_not_go() {
    check_changed(
        "gone.lock",
        "Parcel.Sent version 1",
        "Parcel.Sent version 3",
        &["went back from version 3 to 1"],
    );
}

#[test]
fn an_event_must_not_go() {
    check_changed(
        "event.lock",
        "Parcel.Lost",
        "Parcel.Burnt",
        &[
            "- Parcel.Burnt is gone.",
            "`alias = \"Parcel.Burnt\"`",
            "- Parcel.Lost is new",
        ],
    );
}
