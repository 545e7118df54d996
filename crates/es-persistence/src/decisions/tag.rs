//! Tags: what an event is about.

use std::{fmt, sync::Arc};

use es_domain::OriginatorId;

use crate::StoredEvent;

/// A tag as stores see it: a text that says what an event is about, such as `course:7`.
///
/// The tag of an aggregate is also on every event of that aggregate, without being stored: see
/// [`of_originator`](Self::of_originator).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredTag {
    text: Arc<str>,
    originator: Option<OriginatorId>,
}

impl StoredTag {
    /// The greatest length of a tag in bytes. It fits into an index of every store.
    pub const MAX_LEN: usize = 1000;

    /// Makes a tag of `text`, which has 1 to [`MAX_LEN`](Self::MAX_LEN) bytes, no NUL character, and no full stop at its
    /// beginning.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            originator: None,
        }
    }

    /// Makes the tag of the aggregate `id`. It is on the events of the aggregate itself, and on those that were stored with
    /// `text` as a tag.
    pub fn of_originator(text: impl Into<Arc<str>>, id: OriginatorId) -> Self {
        Self {
            text: text.into(),
            originator: Some(id),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The aggregate whose tag it is; `None` if it is that of no aggregate.
    pub const fn originator(&self) -> Option<&OriginatorId> {
        self.originator.as_ref()
    }

    /// Returns `true` if `event`, which was stored with `tags`, has this tag.
    pub fn is_on(&self, event: &StoredEvent, tags: &[Self]) -> bool {
        tags.iter().any(|tag| tag.text == self.text) || self.originator.as_ref() == Some(&event.originator_id)
    }
}

impl fmt::Debug for StoredTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// An event and its tags.
///
/// An event that belongs to no aggregate has an ID of its own as originator, and version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedRow {
    /// The event.
    pub event: StoredEvent,
    /// Its tags. A tag that stands here twice is on the event once.
    pub tags: Vec<StoredTag>,
}

impl TaggedRow {
    /// Puts an event and its tags together.
    pub fn new(event: StoredEvent, tags: impl IntoIterator<Item = StoredTag>) -> Self {
        Self {
            event,
            tags: tags.into_iter().collect(),
        }
    }
}
