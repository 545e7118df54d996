//! zstd (RFC 8878).

use std::{fmt, io};

use zstd::{
    bulk,
    zstd_safe::{compress_bound, get_dict_id_from_frame, get_frame_content_size},
};

use super::{Compressor, CompressorError, ZstdDictionary, pool::Pool};
use crate::StateFormat;

/// Compression by zstd, with a trained dictionary if one is given.
///
/// ```
/// use es_persistence::{Compressor as _, Zstd};
///
/// let zstd = Zstd::default();
/// let mut compressed = Vec::new();
/// zstd.compress(&[b'a'; 1_000], &mut compressed)?;
/// assert!(compressed.len() < 30);
/// assert_eq!(zstd.decompress(&compressed, 1_000)?, [b'a'; 1_000]);
/// # Ok::<(), es_persistence::CompressorError>(())
/// ```
pub struct Zstd {
    level: i32,
    writer: Pool<bulk::Compressor<'static>>,
    /// The first one is used for writing.
    dictionaries: Vec<ZstdDictionary>,
    /// One for each dictionary; the last one is for states without a dictionary.
    readers: Vec<Pool<bulk::Decompressor<'static>>>,
}

const NAME: &str = "zstd";

impl Zstd {
    /// Compresses at `level`: 1 is the fastest, 19 gives the smallest result and is slow.
    #[must_use]
    pub fn new(level: i32) -> Self {
        Self {
            level,
            writer: Pool::new(),
            dictionaries: Vec::new(),
            readers: vec![Pool::new()],
        }
    }

    /// Compresses with the first of `dictionaries`. States that were compressed with any of them, or without one, can be read.
    #[must_use]
    pub fn with_dictionaries(self, dictionaries: impl IntoIterator<Item = ZstdDictionary>) -> Self {
        let dictionaries: Vec<_> = dictionaries.into_iter().collect();
        Self {
            writer: Pool::new(),
            readers: (0..=dictionaries.len()).map(|_| Pool::new()).collect(),
            dictionaries,
            ..self
        }
    }

    /// Returns `true` if it compresses with a dictionary, so that small states shrink, too.
    pub const fn has_dictionary(&self) -> bool {
        !self.dictionaries.is_empty()
    }

    fn new_compressor(&self) -> io::Result<bulk::Compressor<'static>> {
        match self.dictionaries.first() {
            None => bulk::Compressor::new(self.level),
            Some(dictionary) => bulk::Compressor::with_dictionary(self.level, dictionary.as_bytes()),
        }
    }

    /// Returns the index of the dictionary that `frame` was compressed with, or the number of dictionaries if it was compressed without one.
    fn index_of_dictionary(&self, frame: &[u8]) -> Result<usize, CompressorError> {
        let Some(id) = get_dict_id_from_frame(frame) else {
            return Ok(self.dictionaries.len());
        };
        let id = id.get();
        self.dictionaries
            .iter()
            .position(|dictionary| dictionary.id() == id)
            .ok_or(CompressorError::UnknownDictionary { id })
    }
}

/// Level 1, without a dictionary.
impl Default for Zstd {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Compressor for Zstd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn format(&self) -> StateFormat {
        StateFormat::ZSTD
    }

    fn compress(&self, plain: &[u8], compressed: &mut Vec<u8>) -> Result<(), CompressorError> {
        let fail = |source: io::Error| CompressorError::Failed {
            compressor: NAME,
            source: source.into(),
        };
        let mut context = self.writer.take(|| self.new_compressor()).map_err(fail)?;
        let start = compressed.len();
        compressed.resize(start + compress_bound(plain.len()), 0);
        let written = context
            .compress_to_buffer(plain, &mut compressed[start..])
            .map_err(fail)?;
        compressed.truncate(start + written);
        self.writer.put(context);
        Ok(())
    }

    fn decompress(&self, compressed: &[u8], limit: usize) -> Result<Vec<u8>, CompressorError> {
        let size = content_size(compressed)?;
        if size > limit {
            return Err(CompressorError::TooLarge {
                compressor: NAME,
                limit,
            });
        }
        let index = self.index_of_dictionary(compressed)?;
        let dictionary = self.dictionaries.get(index).map_or(&[][..], ZstdDictionary::as_bytes);
        let pool = &self.readers[index];
        let mut context = pool
            .take(|| bulk::Decompressor::with_dictionary(dictionary))
            .map_err(damaged)?;
        let mut plain = Vec::with_capacity(size);
        // The capacity limits how much is written, whatever size the frame states.
        let written = context.decompress_to_buffer(compressed, &mut plain).map_err(damaged)?;
        pool.put(context);
        if written == size {
            Ok(plain)
        } else {
            Err(damaged("the frame holds less than it says"))
        }
    }
}

/// Returns the size of the content that the frame states. This library always writes it.
fn content_size(frame: &[u8]) -> Result<usize, CompressorError> {
    let size = get_frame_content_size(frame).map_err(|_unreadable| damaged("no zstd frame"))?;
    let size = size.ok_or_else(|| damaged("the frame does not say how much it holds"))?;
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

fn damaged(source: impl Into<crate::BoxError>) -> CompressorError {
    CompressorError::Damaged {
        compressor: NAME,
        source: source.into(),
    }
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd")
            .field("level", &self.level)
            .field("dictionaries", &self.dictionaries)
            .finish_non_exhaustive()
    }
}
