//! Metadata of events.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DomainEvent, Event, scoped};

/// The key of [`Metadata::correlation_id`].
pub(crate) const CORRELATION_ID: &str = "correlation_id";

/// The key of [`Metadata::causation_id`].
pub(crate) const CAUSATION_ID: &str = "causation_id";

/// Texts about an event beside its body: the request that it belongs to, its cause, the user, and so on.
///
/// The metadata are stored with the event. Copies share their content. (Correlation and causation IDs are those of `EntityWithECC`
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
    /// Makes metadata without entries.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: None }
    }

    /// Returns the metadata for events that `event` causes: its ID as causation ID, and its correlation ID.
    pub fn caused_by<E: Event>(event: &DomainEvent<E>) -> Self {
        Self::new()
            .correlation_id(event.correlation_id())
            .causation_id(event.event_id())
    }

    /// Sets the correlation ID: what the event belongs to, such as a request. Events that follow from it have the same ID.
    #[must_use]
    pub fn correlation_id(self, id: impl ToString) -> Self {
        self.with(CORRELATION_ID, id)
    }

    /// Sets the causation ID: what caused the event, such as the ID of another event.
    #[must_use]
    pub fn causation_id(self, id: impl ToString) -> Self {
        self.with(CAUSATION_ID, id)
    }

    /// Adds an entry. It replaces an entry with the same key.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and IDs are given by value")]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        let entries = self.entries.get_or_insert_default();
        Arc::make_mut(entries).insert(key.into(), value.to_string());
        self
    }

    /// Adds the entries of `others` whose keys are missing.
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

    /// Returns the text with this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.as_ref()?.get(key).map(String::as_str)
    }

    /// Returns all keys and texts, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.entries.iter().flat_map(|entries| entries.iter());
        entries.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns `true` if there are no entries.
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

/// Runs `body` and adds `metadata` to all events that are triggered in it on this thread.
///
/// Calls nest: an inner call adds to the outer one, and its entries take precedence. When `body` returns or panics, the
/// earlier metadata are in force again.
pub fn with_metadata<R>(metadata: Metadata, body: impl FnOnce() -> R) -> R {
    let metadata = metadata.or(&current());
    scoped::with(&METADATA, Rc::new(metadata), body)
}

/// The metadata in force on this thread.
pub(crate) fn current() -> Metadata {
    scoped::current(&METADATA).map_or_else(Metadata::new, |metadata| (*metadata).clone())
}
