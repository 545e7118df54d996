//! Smaller states.

#[cfg(feature = "zstd")]
mod dictionary;
mod error;
#[cfg(any(feature = "zlib", feature = "zstd"))]
mod pool;
#[cfg(feature = "zlib")]
mod zlib;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;

pub use self::error::CompressorError;
#[cfg(feature = "zlib")]
pub use self::zlib::Zlib;
#[cfg(feature = "zstd")]
pub use self::{
    dictionary::{InvalidDictionary, ZstdDictionary},
    zstd::Zstd,
};
use crate::StateFormat;

/// Makes states smaller, and as they were.
///
/// # Contract
///
/// - What has been compressed is decompressed to the same bytes, also by later versions of the program: what is needed
///   for it beyond the bytes, such as a dictionary, is named by them.
/// - Decompressing takes no more memory than in proportion to its limit, whatever the bytes are.
pub trait Compressor: fmt::Debug + Send + Sync + 'static {
    /// Its name in messages.
    fn name(&self) -> &'static str;

    /// What states that it has compressed begin with; it is not among the bytes that the other methods write and read.
    fn format(&self) -> StateFormat;

    /// Writes what `plain` becomes behind what is in `compressed`.
    ///
    /// # Errors
    ///
    /// [`CompressorError`] when it cannot be done.
    fn compress(&self, plain: &[u8], compressed: &mut Vec<u8>) -> Result<(), CompressorError>;

    /// The bytes that have become `compressed`: at most `limit`.
    ///
    /// # Errors
    ///
    /// [`CompressorError::TooLarge`] when they are more than `limit`, [`CompressorError::Damaged`] when nothing can become
    /// `compressed`, [`CompressorError::UnknownDictionary`] when something is missing for it.
    fn decompress(&self, compressed: &[u8], limit: usize) -> Result<Vec<u8>, CompressorError>;
}
