//! What is known about an event beside what happened.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DomainEvent, Event, scoped};

/// The key of [`Metadata::correlation_id`].
pub(crate) const CORRELATION_ID: &str = "correlation_id";

/// The key of [`Metadata::causation_id`].
pub(crate) const CAUSATION_ID: &str = "causation_id";

/// Texts about an event that are no part of what happened: which request it belongs to, what caused it, who was there.
///
/// It is stored with the event. Copies share what they hold. (Correlation and causation IDs are those of `EntityWithECC`
/// in versions 8.2 and later of Python's `eventsourcing`.)
///
/// ```
/// use es_domain::{Metadata, Stamp, with_metadata};
///
/// let metadata = Metadata::new().correlation_id("request-1").with("user", "ann");
/// let stamp = with_metadata(metadata, Stamp::now);
/// assert_eq!(stamp.metadata().get("user"), Some("ann"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `None` and not an empty map: most events have none.
    entries: Option<Arc<BTreeMap<String, String>>>,
}

impl Metadata {
    /// No metadata.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: None }
    }

    /// The metadata of what is done because of `event`: caused by it, and belonging to what it belongs to.
    pub fn caused_by<E: Event>(event: &DomainEvent<E>) -> Self {
        Self::new()
            .correlation_id(event.correlation_id())
            .causation_id(event.event_id())
    }

    /// Says what the event belongs to, such as a request. All that follows from it has the same one.
    #[must_use]
    pub fn correlation_id(self, id: impl ToString) -> Self {
        self.with(CORRELATION_ID, id)
    }

    /// Says what caused the event, such as the ID of another event.
    #[must_use]
    pub fn causation_id(self, id: impl ToString) -> Self {
        self.with(CAUSATION_ID, id)
    }

    /// This with an entry more. One with the same key is overwritten.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and IDs are given by value")]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        let entries = self.entries.get_or_insert_default();
        Arc::make_mut(entries).insert(key.into(), value.to_string());
        self
    }

    /// This with all entries of `others` whose keys it has not.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        if self.is_empty() {
            return others.clone();
        }
        for (key, value) in others {
            if self.get(key).is_none() {
                self = self.with(key, value);
            }
        }
        self
    }

    /// The text with this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.as_ref()?.get(key).map(String::as_str)
    }

    /// All keys and their texts, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.entries.iter().flat_map(|entries| entries.iter());
        entries.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.as_ref().is_none_or(|entries| entries.is_empty())
    }
}

impl<'a> IntoIterator for &'a Metadata {
    type Item = (&'a str, &'a str);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl<K: Into<String>, V: ToString> FromIterator<(K, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        entries.fold(Self::new(), |metadata, (key, value)| metadata.with(key, value))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = BTreeMap::deserialize(deserializer)?;
        let entries = (!entries.is_empty()).then(|| Arc::new(entries));
        Ok(Self { entries })
    }
}

thread_local! {
    static METADATA: RefCell<Option<Rc<Metadata>>> = const { RefCell::new(None) };
}

/// Runs `body`, and puts `metadata` on all events that are triggered in it, on this thread.
///
/// Calls nest: an inner one adds to the outer, and its entries come first. What was in force before is in force again
/// when `body` returns or panics.
pub fn with_metadata<R>(metadata: Metadata, body: impl FnOnce() -> R) -> R {
    let metadata = metadata.or(&current());
    scoped::with(&METADATA, Rc::new(metadata), body)
}

/// The metadata in force on this thread.
pub(crate) fn current() -> Metadata {
    scoped::current(&METADATA).map_or_else(Metadata::new, |metadata| (*metadata).clone())
}
