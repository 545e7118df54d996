//! Checks that events and snapshots are read back as they were written.

mod stored;

use std::fmt::{Debug, Write as _};

use serde::{Serialize, de::DeserializeOwned};

use self::stored::{FORMATS, Format};
use crate::{Aggregate, Event, Snapshot, State};

/// Checks that each of `events` is read back from JSON and from MessagePack as it was written.
///
/// Give it one event of each kind, with values at the limits of what your types allow. The check fails for values that are
/// lost or cannot be read: NaN and infinities, `Some(None)`, fields with `#[serde(skip)]`, fields that are left out
/// when they are written and have no default, maps whose keys JSON lacks, integers above 64 bits inside of tagged enums,
/// values that are nested more than 127 levels deep.
///
/// ```
/// use es_domain::{prelude::*, testing::assert_events_round_trip};
///
/// #[derive(Aggregate, Default)]
/// pub struct Dog {
///     root: Root<Self>,
/// }
///
/// #[events(derive(PartialEq))]
/// impl Dog {
///     #[event(Registered)]
///     pub fn register(name: &str, weight: Option<f64>) -> Self {
///         Self::default()
///     }
/// }
///
/// assert_events_round_trip([
///     DogEvent::Registered { name: "Fido".into(), weight: None },
///     DogEvent::Registered { name: String::new(), weight: Some(0.1) },
/// ]);
/// ```
///
/// # Panics
///
/// If an event is read back as another value. The message names the format and the field.
#[track_caller]
pub fn assert_events_round_trip<E: Event + PartialEq>(events: impl IntoIterator<Item = E>) {
    for event in events {
        if let Err(message) = check(&event) {
            panic!("event {}: {message}", event.kind().topic());
        }
    }
}

/// Checks that a snapshot of `aggregate` is read back from JSON and from MessagePack as the same aggregate.
///
/// The check finds fields that a snapshot loses, such as fields with `#[serde(skip)]`. An aggregate that is read from a
/// snapshot would lack them, although an aggregate that is read from its events would not. Pending events count as saved.
///
/// ```should_panic
/// use es_domain::{prelude::*, testing::assert_snapshot_round_trips};
///
/// #[derive(Aggregate, Debug, Default, PartialEq, Serialize, Deserialize)]
/// pub struct Dog {
///     root: Root<Self>,
///     #[serde(skip)]
///     tricks: Vec<String>,
/// }
///
/// #[events(derive(PartialEq))]
/// impl Dog {
///     #[event(Registered)]
///     pub fn register() -> Self {
///         Self::default()
///     }
///
///     #[event(TrickAdded)]
///     pub fn add_trick(&mut self, trick: &str) {
///         self.tricks.push(trick.to_owned());
///     }
/// }
///
/// let mut dog = Dog::register();
/// dog.add_trick("sit");
/// assert_snapshot_round_trips(dog); // Panics, because `tricks` is lost.
/// ```
///
/// # Panics
///
/// If the aggregate does not come back as it was, the message shows what is different; or if it has no snapshot, because
/// no event has created it, it is discarded, or an event was refused.
#[track_caller]
pub fn assert_snapshot_round_trips<A>(mut aggregate: A)
where
    A: Aggregate + Debug + PartialEq + Serialize + DeserializeOwned,
{
    drop(aggregate.collect_events());
    let Some(snapshot) = Snapshot::take(aggregate) else {
        panic!(
            "{} has no snapshot: no event has created it, it is discarded, or an event was refused",
            A::TOPIC
        );
    };
    if let Err(message) = check(snapshot.aggregate()) {
        panic!("snapshot of {}: {message}", A::TOPIC);
    }
}

fn check<T: Debug + PartialEq + Serialize + DeserializeOwned>(value: &T) -> Result<(), String> {
    let state = State::from_value(value).map_err(|error| format!("it cannot be written: {error}"))?;
    FORMATS
        .into_iter()
        .try_for_each(|format| check_format(format, value, state.clone()))
}

fn check_format<T: Debug + PartialEq + DeserializeOwned>(
    format: Format,
    value: &T,
    state: State,
) -> Result<(), String> {
    let stored = format
        .store(state)
        .map_err(|error| format!("{format} cannot hold it: {error}"))?;
    let read: T = stored
        .into_value()
        .map_err(|error| format!("it can be written as {format} and not be read back: {error}"))?;
    if read == *value {
        return Ok(());
    }
    let difference = difference(&format!("{value:#?}"), &format!("{read:#?}"));
    Err(format!("it comes back from {format} as another value:{difference}"))
}

/// The lines that are different.
fn difference(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let only_in = |lines: &[&str], others: &[&str], mark: char| {
        let lines = lines.iter().filter(|line| !others.contains(line));
        lines.fold(String::new(), |mut text, line| {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n  {mark} {line}");
            text
        })
    };
    only_in(&before, &after, '-') + &only_in(&after, &before, '+')
}
