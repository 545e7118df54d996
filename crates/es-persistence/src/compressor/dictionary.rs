//! Dictionaries of zstd, for states that are small and alike.

use std::{fmt, num::NonZeroU32, sync::Arc};

use zstd::{dict, zstd_safe};

use crate::BoxError;

/// A trained zstd dictionary. It has an ID, and every state that was compressed with it names the ID.
///
/// A single small event hardly shrinks, because nothing in it repeats. With a dictionary that was trained with a few hundred
/// similar events, its size falls to about a third. Keep the dictionary as long as the data: without it they cannot be read.
#[derive(Clone, PartialEq, Eq)]
pub struct ZstdDictionary {
    id: NonZeroU32,
    bytes: Arc<[u8]>,
}

/// The bytes are not a trained zstd dictionary, or training failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDictionary {
    /// The bytes are not a dictionary with an ID.
    #[error("the bytes are not a trained zstd dictionary: they have no dictionary ID")]
    NoId,
    /// Training has failed, most often because there are too few samples.
    #[error("training a dictionary with these samples failed; use some hundreds of typical states")]
    Training(#[source] BoxError),
}

impl ZstdDictionary {
    /// Reads a dictionary that [`as_bytes`](Self::as_bytes) or `zstd --train` has written.
    ///
    /// # Errors
    ///
    /// [`InvalidDictionary::NoId`] if the bytes are not a dictionary with an ID.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, InvalidDictionary> {
        let bytes = bytes.into();
        let id = zstd_safe::get_dict_id_from_dict(&bytes).ok_or(InvalidDictionary::NoId)?;
        Ok(Self { id, bytes })
    }

    /// Trains a dictionary of at most `max_size` bytes (16 KiB is a good size) for states like `samples`.
    ///
    /// # Errors
    ///
    /// [`InvalidDictionary::Training`] if the samples are too few or too small.
    pub fn train<S: AsRef<[u8]>>(samples: &[S], max_size: usize) -> Result<Self, InvalidDictionary> {
        let bytes =
            dict::from_samples(samples, max_size).map_err(|source| InvalidDictionary::Training(source.into()))?;
        Self::new(bytes)
    }

    /// Returns the ID that compressed states name.
    pub const fn id(&self) -> u32 {
        self.id.get()
    }

    /// Returns the bytes of the dictionary, for you to keep.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Prints the ID only: the content of a dictionary comes from states.
impl fmt::Debug for ZstdDictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZstdDictionary")
            .field("id", &self.id)
            .field("bytes", &format_args!("{} bytes", self.bytes.len()))
            .finish()
    }
}
