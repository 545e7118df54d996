//! What the macros' output calls. It is no part of the public API and may change in any release.

pub use serde;

use crate::{Aggregate, ApplyError, Event as _, EventKind, FreshId, TriggerError, trigger};

/// An event method may have this type among its parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an event",
    label = "not a type that can be stored and read back",
    note = "a field of an event is Clone + Debug + Serialize + Deserialize + Send + Sync and owns what it holds"
)]
pub trait Field {}

#[diagnostic::do_not_recommend]
impl<T> Field for T where
    T: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static
{
}

/// Fails to compile where `T` cannot be a field of an event.
pub const fn assert_field<T: Field + ?Sized>() {}

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

/// An ID for a new aggregate whose event names none.
pub fn fresh_id<A: Aggregate<Id: FreshId>>() -> A::Id {
    A::Id::fresh()
}

/// Gives a new aggregate its identity and its first pending event.
pub fn born<A: Aggregate>(aggregate: A, id: A::Id, event: A::Event) -> A {
    trigger::born(aggregate, id, event)
}

/// As [`born`], if the body has succeeded.
///
/// # Errors
///
/// Those of the body.
pub fn born_unless_refused<A: Aggregate, E>(outcome: Result<A, E>, id: A::Id, event: A::Event) -> Result<A, E> {
    outcome.map(|aggregate| born(aggregate, id, event))
}

/// Says that the body of an event begins to run; when none may now, keeps the refusal and returns false.
pub fn begin<A: Aggregate>(aggregate: &mut A, event: &'static str) -> bool {
    let root = aggregate.root_mut();
    let Err(why) = root.begin() else { return true };
    let kind = A::Event::KINDS.iter().find(|kind| kind.name() == event);
    let error = TriggerError::new(root.id(), kind.map_or(event, EventKind::topic), why);
    root.refuse(error);
    false
}

/// Says that the body has succeeded.
pub fn commit<A: Aggregate>(aggregate: &mut A, event: A::Event) {
    aggregate.root_mut().record(event);
}

/// Says whether the body has succeeded.
///
/// # Errors
///
/// Those of the body.
pub fn settle<A: Aggregate, E>(aggregate: &mut A, event: A::Event, outcome: Result<(), E>) -> Result<(), E> {
    match outcome {
        Ok(()) => commit(aggregate, event),
        Err(_) => aggregate.root_mut().abort(),
    }
    outcome
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
            assert!(!is_same(topics[i], topics[j]), "two events of this aggregate have the same topic or alias");
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

/// The topic of an event whose method names none: that of its aggregate, a dot, and the event's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_topic {
    ($aggregate:ty, $event:literal) => {{
        const AGGREGATE: &::core::primitive::str = <$aggregate as $crate::Aggregate>::TOPIC;
        const LEN: ::core::primitive::usize = $crate::__private::topic_len(AGGREGATE, $event);
        const BYTES: [::core::primitive::u8; LEN] = $crate::__private::topic_bytes(AGGREGATE, $event);
        $crate::__private::topic_text(&BYTES)
    }};
}
