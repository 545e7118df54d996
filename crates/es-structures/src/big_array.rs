//! A total order over bounded streams.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use es_application::{Application, ApplicationError};
use es_domain::Id;
use uuid::Uuid;

use crate::{Array, ArrayError, Entry};

/// A sequence of any length, in streams of at most `size` items each. The first item has the index 0; an item never changes,
/// and there are no gaps.
///
/// An item is found by its index in one read, as the index says in which stream it is. The last one is found in O(log n)
/// reads, where n is the number of streams, and in two reads by a value that has found it before.
///
/// ```
/// use es_application::Application;
/// use es_structures::{BigArray, Entry};
/// use serde::{Deserialize, Serialize};
/// use uuid::Uuid;
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Item(String);
///
/// impl Entry for Item {
///     const STREAM: &'static str = "Items";
///     const TOPIC: &'static str = "Items.Assigned";
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), es_structures::ArrayError> {
/// let app = Application::builder("Shop").open().await?;
/// let items = BigArray::new(&app, Uuid::nil(), 2);
/// for text in ["a", "b", "c"] {
///     items.append(Item(text.to_owned())).await?;
/// }
/// assert_eq!(items.get(1).await?, Some(Item("b".to_owned())));
/// assert_eq!(items.last().await?, Some((2, Item("c".to_owned()))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BigArray<T: Entry> {
    app: Application,
    id: Uuid,
    size: u64,
    /// A block that is known to have items, or 0.
    known: Arc<AtomicU64>,
    items: std::marker::PhantomData<fn() -> T>,
}

impl<T: Entry> BigArray<T> {
    /// Returns the array `id` of `app`, whose streams have `size` items; 0 is taken for 1. The size of an array never changes
    /// once it has items.
    #[must_use]
    pub fn new(app: &Application, id: Uuid, size: u64) -> Self {
        Self {
            app: app.clone(),
            id,
            size: size.max(1),
            known: Arc::default(),
            items: std::marker::PhantomData,
        }
    }

    fn block(&self, number: u64) -> Array<T> {
        Array::new(&self.app, Id::named(self.id, &number.to_string()), self.size)
    }

    /// Reads the item at `index` in one read, or returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the array cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get(&self, index: u64) -> Result<Option<T>, ApplicationError> {
        self.block(index / self.size).get(index % self.size).await
    }

    /// Reads at most `limit` items from the index `from` on, stream by stream.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the array cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn items(&self, from: u64, limit: usize) -> Result<Vec<T>, ApplicationError> {
        let (mut number, mut offset) = (from / self.size, from % self.size);
        let mut items = Vec::new();
        while items.len() < limit {
            let block = self.block(number).items(offset, limit - items.len()).await?;
            let is_full = offset + block.len() as u64 == self.size;
            items.extend(block);
            if !is_full {
                break;
            }
            (number, offset) = (number + 1, 0);
        }
        Ok(items)
    }

    /// Reads the last item with its index, or returns `None` if there are no items.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the array cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn last(&self) -> Result<Option<(u64, T)>, ApplicationError> {
        let number = self.last_block().await?;
        let last = self.block(number).last().await?;
        Ok(last.map(|(index, item)| (number * self.size + index, item)))
    }

    /// Reads the number of items.
    ///
    /// # Errors
    ///
    /// As [`last`](Self::last).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn len(&self) -> Result<u64, ApplicationError> {
        Ok(self.last().await?.map_or(0, |(index, _)| index + 1))
    }

    /// Returns `true` if there are no items yet.
    ///
    /// # Errors
    ///
    /// As [`last`](Self::last).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn is_empty(&self) -> Result<bool, ApplicationError> {
        self.block(0).is_empty().await
    }

    /// Puts `item` after the last one, and returns its index.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Application`] if the array cannot be read or the item cannot be saved.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the item stored or not.
    pub async fn append(&self, item: T) -> Result<u64, ArrayError> {
        let mut number = self.last_block().await?;
        loop {
            match self.block(number).append(item.clone()).await {
                Err(ArrayError::Index { .. }) => number += 1,
                appended => return appended.map(|index| number * self.size + index),
            }
        }
    }

    /// The number of the last stream that has items, or 0: first in steps that double, then by halves.
    async fn last_block(&self) -> Result<u64, ApplicationError> {
        let mut lower = self.known.load(Relaxed);
        let mut step = 1;
        while !self.block(lower + step).is_empty().await? {
            lower += step;
            step *= 2;
        }
        let mut upper = lower + step;
        while upper - lower > 1 {
            let middle = lower + (upper - lower) / 2;
            if self.block(middle).is_empty().await? {
                upper = middle;
            } else {
                lower = middle;
            }
        }
        self.known.fetch_max(lower, Relaxed);
        Ok(lower)
    }
}
