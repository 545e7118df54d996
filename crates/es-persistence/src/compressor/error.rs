//! Why bytes cannot be compressed or decompressed.

use crate::BoxError;

/// Bytes cannot be compressed or decompressed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompressorError {
    /// What comes out is larger than the limit. Nothing of it was kept.
    #[error("what the {compressor} data hold is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Whose data they are.
        compressor: &'static str,
        /// How many bytes there may be.
        limit: usize,
    },
    /// The bytes were cut, changed, or never written by the compressor.
    #[error("the {compressor} data are damaged")]
    Damaged {
        /// Whose data they should be.
        compressor: &'static str,
        /// What the compressor says.
        source: BoxError,
    },
    /// The bytes were compressed with a dictionary that is not there.
    #[error("the data were compressed with dictionary {id}, which is not there")]
    UnknownDictionary {
        /// Which one.
        id: u32,
    },
    /// The compressor has refused to compress.
    #[error("{compressor} cannot compress")]
    Failed {
        /// Which one.
        compressor: &'static str,
        /// What it says.
        source: BoxError,
    },
}
