//! What the macros' output calls. It is no part of the public API and may change in any release.

pub use serde;

use crate::{Aggregate, EventKind, TriggerError, trigger};

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

/// Gives a new aggregate its identity and its first pending event.
pub fn born<A: Aggregate>(aggregate: A, id: A::Id, event: A::Event) -> A {
    trigger::born(aggregate, id, event)
}

/// Says that the body of an event begins to run; when none may now, keeps the refusal and returns false.
pub fn begin<A: Aggregate>(aggregate: &mut A, kind: &EventKind) -> bool {
    let root = aggregate.root_mut();
    let Err(why) = root.begin() else { return true };
    let error = TriggerError::new(root.id(), kind.topic(), why);
    root.refuse(error);
    false
}

/// Says that the body has succeeded.
pub fn commit<A: Aggregate>(aggregate: &mut A, event: A::Event) {
    aggregate.root_mut().record(event);
}

/// Says that the body has failed.
pub fn abort<A: Aggregate>(aggregate: &mut A) {
    aggregate.root_mut().abort();
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
    ($krate:path, $aggregate:ty, $event:literal) => {{
        use $krate as es_domain;
        const LEN: usize = es_domain::__private::topic_len(<$aggregate as es_domain::Aggregate>::TOPIC, $event);
        const BYTES: [u8; LEN] =
            es_domain::__private::topic_bytes(<$aggregate as es_domain::Aggregate>::TOPIC, $event);
        es_domain::__private::topic_text(&BYTES)
    }};
}
