//! The ID of an aggregate as stores see it.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// The ID of the aggregate that an event belongs to, without the aggregate's type.
///
/// A UUID and its text are different IDs: stores keep the two kinds apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginatorId {
    /// A UUID of any version.
    Uuid(Uuid),
    /// Any text, compared byte by byte.
    Text(Arc<str>),
}

impl OriginatorId {
    /// The UUID, or `None` when the ID is a text.
    pub const fn as_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Text(_) => None,
        }
    }

    /// The text, or `None` when the ID is a UUID.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Uuid(_) => None,
            Self::Text(text) => Some(text),
        }
    }
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
