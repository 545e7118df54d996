//! What the macros' output calls. It is no part of the public API and may change in any release.

pub use es_macros::{EventSet, Tag, TaggedEvent};
pub use serde;

pub use crate::{
    answer::{Answer, Answers, KeepsRefusal, ReturnsRefusal},
    copies::{Copies, HasCopies, HasNoCopies},
    debugging::{Debugging, HasDebug, HasNoDebug},
    id_value::{Identifies, Named, NamedOwn, NewtypeId},
    snapshot::{HasNoSnapshots, HasSnapshots, Snapshots},
    upcast::outcome::{Bodies, ReadRetired, Upcast},
};

use crate::{
    Aggregate, ApplyError, DomainEvent, Event, FreshId, IdValue as _, Outcome, ParseIdError, RootAccess as _,
    TriggerError, TriggerErrorKind, trigger,
};

/// An event method may have this type among its parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an event",
    label = "not a type that can be stored and read back",
    note = "a field of an event is Clone + Debug + Serialize + Deserialize + Send + Sync and owns what it holds"
)]
pub trait Field: Clone {}

#[diagnostic::do_not_recommend]
impl<T> Field for T where
    T: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static
{
}

/// The value that an event keeps of one that the body of its method takes.
pub fn own<T: Field>(value: &T) -> T {
    value.clone()
}

/// The values that an event keeps of a slice.
pub fn own_all<T: Field>(values: &[T]) -> Vec<T> {
    values.to_vec()
}

/// The text that an event keeps.
pub fn own_text(text: &str) -> String {
    text.to_owned()
}

/// The value that an event keeps of one that may be there.
pub fn own_optional<T: Field>(value: Option<&T>) -> Option<T> {
    value.cloned()
}

/// The values that an event keeps of a slice that may be there.
pub fn own_optional_all<T: Field>(values: Option<&[T]>) -> Option<Vec<T>> {
    values.map(<[T]>::to_vec)
}

/// The text that an event keeps of one that may be there.
pub fn own_optional_text(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// The body of an event may return this type as its error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an event",
    label = "does not become a `Box<dyn Error + Send + Sync>`",
    note = "implement `std::error::Error` for `{Self}`, and let it be Send + Sync + 'static"
)]
pub trait Refusal {
    fn into_cause(self) -> Box<dyn std::error::Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> Refusal for E {
    fn into_cause(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.into()
    }
}

/// What the body of an event has returned, for a replay.
///
/// # Errors
///
/// [`ApplyError::Refused`] for the body's own error.
pub fn outcome<T, E: Refusal>(outcome: Result<T, E>) -> Result<T, ApplyError> {
    outcome.map_err(|error| ApplyError::refused(error.into_cause()))
}

/// Reads an ID with `#[derive(AggregateId)]` from a text.
///
/// # Errors
///
/// [`ParseIdError`] when the text is none.
pub fn parse_id<I: NewtypeId>(text: &str) -> Result<I, ParseIdError> {
    I::Value::parse(text).map(I::from_value)
}

/// Only `#[derive(Aggregate)]` implements this.
#[diagnostic::on_unimplemented(
    message = "`#[derive(Aggregate)]` is missing: put it on the struct `{Self}`",
    label = "not derived",
    note = "where `Aggregate` is implemented by hand, write `#[events(vis = …)]` with the visibility of `{Self}`"
)]
pub trait Derived {
    /// The name of the struct.
    const NAME: &'static str;
}

/// Fails to compile where the derive is forgotten.
pub const fn assert_derived<A: Derived>() {}

/// Fails to compile where `#[events]` names the aggregate by an alias.
///
/// # Panics
///
/// If `name` is not the aggregate's own name.
pub const fn assert_named<A: Derived>(name: &str) {
    assert!(
        is_same(A::NAME, name),
        "`#[events]` stands on an alias of the aggregate: write the name that its struct has"
    );
}

// What follows asks for `E: Event` alone, from which all else comes: a struct that is no aggregate is then one error, in
// the implementation of `Event`, and not one for each method.

type IdOf<E> = <<E as Event>::Aggregate as Aggregate>::Id;

/// What the body of an initial event has made, for a replay.
///
/// # Errors
///
/// Those of the body.
pub fn made<E: Event>(outcome: Result<E::Aggregate, ApplyError>) -> Result<E::Aggregate, ApplyError> {
    outcome.map(unless_triggered)
}

/// What the body of an initial event has made. It is refused when the body has triggered events of its own, which would
/// be lost.
fn unless_triggered<A: Aggregate>(mut aggregate: A) -> A {
    let root = aggregate.root_mut();
    if root.version() != 0 {
        let event = root.pending_events().first().map_or("", DomainEvent::topic);
        let error = TriggerError::new(root.id(), event, TriggerErrorKind::WithinEvent);
        root.refuse(error);
    }
    aggregate
}

/// The ID of a new aggregate, as its event says.
pub fn id<E: Event>(id: IdOf<E>) -> IdOf<E> {
    id
}

/// The ID of a new aggregate whose event names none.
pub fn fresh_id<E: Event>() -> IdOf<E>
where
    IdOf<E>: FreshId,
{
    IdOf::<E>::fresh()
}

/// Gives the aggregate that the body of an initial event has made its identity and its first pending event.
pub fn create<E: Event, R: Outcome<Value = E::Aggregate>>(made: R, id: IdOf<E>, event: E) -> R {
    let made = made.into_result();
    R::from_result(made.map(|aggregate| trigger::born(unless_triggered(aggregate), id, event)))
}

/// Triggers `event`, whose effect is `body`. If the event cannot happen now, nothing changes, and the refusal is returned
/// or kept in the root, as `answer` says.
pub fn trigger<E: Event, R: Outcome<Value = ()>>(
    aggregate: &mut E::Aggregate,
    event: E,
    body: impl FnOnce(&mut E::Aggregate) -> R,
    answer: &Answer<R>,
) -> R {
    match (trigger::run(aggregate, event, body), answer) {
        (Ok(outcome), _) => {
            if outcome.is_err() {
                aggregate.root_mut().set_tainted(true);
            }
            R::from_result(outcome)
        }
        (Err(refusal), Answer::Returned(error)) => error(refusal),
        (Err(refusal), Answer::Kept) => {
            aggregate.root_mut().refuse(refusal);
            R::from_result(Ok(()))
        }
    }
}

/// Fails to compile where a topic or alias is there twice.
///
/// # Panics
///
/// Then.
pub const fn assert_distinct(topics: &[&str]) {
    let mut i = 0;
    while i < topics.len() {
        let mut j = i + 1;
        while j < topics.len() {
            assert!(
                !is_same(topics[i], topics[j]),
                "two events have the same topic or alias: give one of them another `topic`"
            );
            j += 1;
        }
        i += 1;
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}

pub const fn topic_len(aggregate: &str, event: &str) -> usize {
    aggregate.len() + 1 + event.len()
}

pub const fn topic_bytes<const N: usize>(aggregate: &str, event: &str) -> [u8; N] {
    let (aggregate, event) = (aggregate.as_bytes(), event.as_bytes());
    let mut bytes = [b'.'; N];
    let mut i = 0;
    while i < aggregate.len() {
        bytes[i] = aggregate[i];
        i += 1;
    }
    i = 0;
    while i < event.len() {
        bytes[aggregate.len() + 1 + i] = event[i];
        i += 1;
    }
    bytes
}

pub const fn topic_text(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("two texts and a dot are a text"),
    }
}

/// What the topics of `E` begin with.
#[derive(Debug)]
pub struct TopicsOf<E>(std::marker::PhantomData<E>);

impl<E: Event> TopicsOf<E> {
    pub const AGGREGATE: &'static str = E::Aggregate::TOPIC;
}

/// The topic of an event whose method names none: that of its aggregate, a dot, and the event's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_topic {
    ($events:ty, $event:literal) => {{
        const AGGREGATE: &::core::primitive::str = $crate::__private::TopicsOf::<$events>::AGGREGATE;
        const LEN: ::core::primitive::usize = $crate::__private::topic_len(AGGREGATE, $event);
        const BYTES: [::core::primitive::u8; LEN] = $crate::__private::topic_bytes(AGGREGATE, $event);
        $crate::__private::topic_text(&BYTES)
    }};
}
