//! A sequence of bounded length.

use es_application::{Application, ApplicationError};
use es_domain::Id;

use crate::{Entry, EventSourcedLog, Stream};

/// A sequence of at most `size` items in one stream. The first item has the index 0; an item never changes, and there are no
/// gaps.
#[derive(Clone, Debug)]
pub struct Array<T: Entry> {
    log: EventSourcedLog<T>,
    size: u64,
}

/// An item cannot be put into an array.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The index is not one of the array.
    #[error("the index {index} is beyond the array, which has room for {size} items")]
    Index {
        /// The index.
        index: u64,
        /// How many items there can be.
        size: u64,
    },
    /// There is an item at the index already.
    #[error("there is an item at the index {index} already, and items never change: assign to a later index, or append")]
    Taken {
        /// The index.
        index: u64,
    },
    /// The index is not the next one.
    #[error("the index {index} would leave a gap: the next one is {next}")]
    Gap {
        /// The index.
        index: u64,
        /// The index of the next item.
        next: u64,
    },
    /// The array cannot be read or written.
    #[error(transparent)]
    Application(#[from] ApplicationError),
}

impl<T: Entry> Array<T> {
    /// Returns the array `id` of `app`, with room for `size` items.
    #[must_use]
    pub fn new(app: &Application, id: Id<Stream<T>>, size: u64) -> Self {
        Self {
            log: EventSourcedLog::new(app, id),
            size,
        }
    }

    /// Returns how many items there can be.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads the number of items.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the array cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn len(&self) -> Result<u64, ApplicationError> {
        self.log.len().await
    }

    /// Returns `true` if there are no items yet.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn is_empty(&self) -> Result<bool, ApplicationError> {
        self.log.is_empty().await
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
        Ok(self.items(index, 1).await?.pop())
    }

    /// Reads at most `limit` items from the index `from` on.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the array cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn items(&self, from: u64, limit: usize) -> Result<Vec<T>, ApplicationError> {
        let entries = self.log.entries(|entries| entries.after(from).limit(limit)).await?;
        Ok(entries.into_iter().map(|logged| logged.entry).collect())
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
        let last = self.log.last().await?;
        Ok(last.map(|logged| (logged.version - 1, logged.entry)))
    }

    /// Puts `item` at `index`, which must be the next one.
    ///
    /// # Errors
    ///
    /// [`ArrayError`] if the index is taken, would leave a gap or is beyond the array, or if the item cannot be saved.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the item stored or not.
    pub async fn assign(&self, index: u64, item: T) -> Result<(), ArrayError> {
        let size = self.size;
        if index >= size {
            return Err(ArrayError::Index { index, size });
        }
        let Err(error) = self.log.append_after(index, item).await else {
            return Ok(());
        };
        Err(match error.conflict().map(|conflict| conflict.last_version) {
            Some(next) if next > index => ArrayError::Taken { index },
            Some(next) => ArrayError::Gap { index, next },
            None => error.into(),
        })
    }

    /// Puts `item` after the last one, and returns its index.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Index`] if the array is full; otherwise as [`EventSourcedLog::append`].
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the item stored or not.
    pub async fn append(&self, item: T) -> Result<u64, ArrayError> {
        loop {
            let index = self.len().await?;
            match self.assign(index, item.clone()).await {
                // Another caller was faster, so that the array has grown: this ends when it is full.
                Err(ArrayError::Taken { .. }) => {}
                outcome => return outcome.map(|()| index),
            }
        }
    }
}
