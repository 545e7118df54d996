//! Errors of compression.

use crate::BoxError;

/// A state cannot be compressed or decompressed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompressorError {
    /// The decompressed state is larger than the limit.
    #[error("the decompressed {compressor} data are larger than the limit of {limit} bytes")]
    TooLarge {
        /// The name of the compressor.
        compressor: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes were cut off or changed, or the compressor has not written them.
    #[error("the {compressor} data are damaged")]
    Damaged {
        /// The name of the compressor.
        compressor: &'static str,
        /// The error of the compressor.
        source: BoxError,
    },
    /// The bytes were compressed with a dictionary that this program was not given.
    #[error(
        "the data were compressed with dictionary {id}, which this program was not given: add it to the dictionaries"
    )]
    UnknownDictionary {
        /// The ID of the dictionary.
        id: u32,
    },
    /// The compressor failed.
    #[error("{compressor} cannot compress")]
    Failed {
        /// The name of the compressor.
        compressor: &'static str,
        /// The error of the compressor.
        source: BoxError,
    },
}
