//! The ID of an aggregate in stores.

use std::{borrow::Cow, fmt, sync::Arc};

use uuid::Uuid;

use crate::Aggregate;

/// The ID of a stream of events: of one aggregate, without the aggregate's Rust type.
///
/// A UUID and its text are different IDs: stores keep the two kinds apart. The text of an aggregate begins with the
/// aggregate's topic ([`of_text`](Self::of_text)), so that a `Customer` and an `Invoice` with the ID `7` are two streams.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginatorId {
    /// A UUID of any version.
    Uuid(Uuid),
    /// Any text, compared byte by byte.
    Text(Arc<str>),
}

impl OriginatorId {
    /// Returns the ID of the stream of an aggregate of type `A` whose own ID is `text`: the aggregate's topic, a colon and
    /// the text, such as `Customer:7`.
    ///
    /// In the topic, `%` and `:` are written as `%25` and `%3A`, so that no two aggregates have the same stream.
    #[must_use]
    pub fn of_text<A: Aggregate>(text: &str) -> Self {
        Self::Text(format!("{}:{text}", escaped(A::TOPIC)).into())
    }

    /// Returns the text that [`of_text`](Self::of_text) was given, or `None` if the ID is not one of an aggregate of type
    /// `A` or is a UUID.
    pub fn text_of<A: Aggregate>(&self) -> Option<&str> {
        let text = self.as_text()?.strip_prefix(&*escaped(A::TOPIC))?;
        text.strip_prefix(':')
    }

    /// Returns the UUID, or `None` if the ID is a text.
    pub const fn as_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Text(_) => None,
        }
    }

    /// Returns the text, or `None` if the ID is a UUID.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Uuid(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// Escapes the characters in `topic` that would end it.
fn escaped(topic: &str) -> Cow<'_, str> {
    if topic.contains([':', '%']) {
        return topic.replace('%', "%25").replace(':', "%3A").into();
    }
    topic.into()
}

impl From<Uuid> for OriginatorId {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<&str> for OriginatorId {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for OriginatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => fmt::Display::fmt(uuid, f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for OriginatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => fmt::Display::fmt(uuid, f),
            Self::Text(text) => fmt::Debug::fmt(text, f),
        }
    }
}
