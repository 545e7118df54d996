//! Dictionaries of zstd: what small states have in common.

use std::{fmt, num::NonZeroU32, sync::Arc};

use zstd::{dict, zstd_safe};

use crate::BoxError;

/// What a trained zstd dictionary says about itself is its ID, and every state that was compressed with it names that.
///
/// A single small event does not shrink, for there is nothing in it twice; with a dictionary trained with a few hundred
/// of its like it becomes a third. The dictionary belongs to the data: it must be there as long as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct ZstdDictionary {
    id: NonZeroU32,
    bytes: Arc<[u8]>,
}

/// Bytes are no trained zstd dictionary, or none can be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDictionary {
    /// The bytes are no dictionary with an ID.
    #[error("the bytes are no trained zstd dictionary, which has an ID")]
    NoId,
    /// Training has failed, most often because there are too few samples.
    #[error("no dictionary can be trained with these samples; take some hundreds of typical states")]
    Training(#[source] BoxError),
}

impl ZstdDictionary {
    /// The dictionary that [`as_bytes`](Self::as_bytes) or `zstd --train` has given.
    ///
    /// # Errors
    ///
    /// [`InvalidDictionary::NoId`] when it is none.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, InvalidDictionary> {
        let bytes = bytes.into();
        let id = zstd_safe::get_dict_id_from_dict(&bytes).ok_or(InvalidDictionary::NoId)?;
        Ok(Self { id, bytes })
    }

    /// A dictionary of at most `max_size` bytes (16 KiB is a good size) for states that are like `samples`.
    ///
    /// # Errors
    ///
    /// [`InvalidDictionary::Training`] when the samples are too few or too small.
    pub fn train<S: AsRef<[u8]>>(samples: &[S], max_size: usize) -> Result<Self, InvalidDictionary> {
        let bytes =
            dict::from_samples(samples, max_size).map_err(|source| InvalidDictionary::Training(source.into()))?;
        Self::new(bytes)
    }

    /// The ID that compressed states name.
    pub const fn id(&self) -> u32 {
        self.id.get()
    }

    /// The dictionary itself, to be kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Prints no content: it is made of states.
impl fmt::Debug for ZstdDictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZstdDictionary")
            .field("id", &self.id)
            .field("bytes", &format_args!("{} bytes", self.bytes.len()))
            .finish()
    }
}
