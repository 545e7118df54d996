//! A set of items.

use std::collections::BTreeSet;

use es_domain::prelude::*;

/// A set of texts, such as names or IDs, with one event for each item that is added or removed.
///
/// ```
/// use es_structures::Collection;
///
/// let mut guests = Collection::create();
/// assert!(guests.add("Ann"));
/// assert!(!guests.add("Ann"), "an item that is there changes nothing");
/// guests.remove("Ann")?;
/// assert_eq!(guests.remove("Ann").unwrap_err().to_string(), "the collection has no item \"Ann\"");
/// # Ok::<(), es_structures::NotInCollection>(())
/// ```
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(topic = "es.Collection")]
pub struct Collection {
    root: Root<Self>,
    items: BTreeSet<String>,
}

/// An item that was to be removed is not in the collection; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the collection has no item {item:?}")]
pub struct NotInCollection {
    /// The item.
    pub item: String,
}

#[events(derive(PartialEq))]
impl Collection {
    /// Returns a new collection without items.
    #[event(Created)]
    #[must_use]
    pub fn create() -> Self {
        Self::default()
    }

    #[event(ItemAdded)]
    fn item_added(&mut self, item: &str) {
        self.items.insert(item.to_owned());
    }

    #[event(ItemRemoved)]
    fn item_removed(&mut self, item: &str) {
        self.items.remove(item);
    }

    /// Ends the life of the collection: it is not found any more, and takes no more items.
    #[event(Discarded, discards)]
    pub fn discard(&mut self) {}

    /// Adds `item`. Returns `false`, and triggers no event, if it is there already.
    pub fn add(&mut self, item: &str) -> bool {
        let is_new = !self.contains(item);
        if is_new {
            self.item_added(item);
        }
        is_new
    }

    /// Removes `item`.
    ///
    /// # Errors
    ///
    /// [`NotInCollection`] if it is not there.
    pub fn remove(&mut self, item: &str) -> Result<(), NotInCollection> {
        if !self.contains(item) {
            let item = item.to_owned();
            return Err(NotInCollection { item });
        }
        self.item_removed(item);
        Ok(())
    }

    /// Returns `true` if `item` is there.
    pub fn contains(&self, item: &str) -> bool {
        self.items.contains(item)
    }

    /// Returns the items, sorted.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &str> {
        self.items.iter().map(String::as_str)
    }
}
