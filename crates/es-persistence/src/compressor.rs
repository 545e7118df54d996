//! Compression of states.

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

/// A compression algorithm for states.
///
/// # Contract
///
/// - Decompressing returns exactly the bytes that were compressed, also in later versions of the program. If it needs
///   anything else, such as a dictionary, the compressed bytes name it.
/// - Decompressing never takes more memory than its limit allows, even if the bytes were made by an attacker.
pub trait Compressor: fmt::Debug + Send + Sync + 'static {
    /// The name of the algorithm in messages.
    fn name(&self) -> &'static str;

    /// The first byte of a state that was compressed. The other methods neither write nor read it.
    fn format(&self) -> StateFormat;

    /// Compresses `plain` and appends the result to `compressed`.
    ///
    /// # Errors
    ///
    /// [`CompressorError`] if the bytes cannot be compressed.
    fn compress(&self, plain: &[u8], compressed: &mut Vec<u8>) -> Result<(), CompressorError>;

    /// Decompresses `compressed` to at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`CompressorError::TooLarge`] if the result has more than `limit` bytes, [`CompressorError::Damaged`] if `compressed`
    /// was not written by this algorithm, and [`CompressorError::UnknownDictionary`] if the dictionary is missing.
    fn decompress(&self, compressed: &[u8], limit: usize) -> Result<Vec<u8>, CompressorError>;
}
