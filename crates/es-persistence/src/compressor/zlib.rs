//! zlib (RFC 1950), which the Python library uses.

use std::fmt;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Compressor, CompressorError, pool::Pool};
use crate::{BoxError, StateFormat};

/// Compression by zlib.
pub struct Zlib {
    level: Compression,
    writers: Pool<Compress>,
    readers: Pool<Decompress>,
}

const NAME: &str = "zlib";

/// How much larger than the plain bytes a zlib stream can be: 5 bytes for each block of 16 KiB, and its ends.
const fn bound(len: usize) -> usize {
    len + len / 1_000 + 64
}

impl Zlib {
    /// Compresses at `level`: 1 is the fastest, 9 gives the smallest result, and 6 is zlib's default. A greater level counts as 9.
    #[must_use]
    pub fn new(level: u32) -> Self {
        Self {
            level: Compression::new(level.min(9)),
            writers: Pool::new(),
            readers: Pool::new(),
        }
    }
}

/// Level 6, the default of zlib and of the Python library.
impl Default for Zlib {
    fn default() -> Self {
        Self::new(6)
    }
}

impl Compressor for Zlib {
    fn name(&self) -> &'static str {
        NAME
    }

    fn format(&self) -> StateFormat {
        StateFormat::ZLIB
    }

    fn compress(&self, plain: &[u8], compressed: &mut Vec<u8>) -> Result<(), CompressorError> {
        let make = || Ok::<_, CompressorError>(Compress::new(self.level, true));
        let mut context = self.writers.take(make)?;
        context.reset();
        compressed.reserve(bound(plain.len()));
        match context.compress_vec(plain, compressed, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => {
                self.writers.put(context);
                Ok(())
            }
            Ok(_) => Err(failed("it needs more room than foreseen")),
            Err(source) => Err(failed(source)),
        }
    }

    fn decompress(&self, compressed: &[u8], limit: usize) -> Result<Vec<u8>, CompressorError> {
        let mut context = self.readers.take(|| Ok::<_, CompressorError>(Decompress::new(true)))?;
        context.reset(true);
        let plain = inflate(&mut context, compressed, limit)?;
        self.readers.put(context);
        Ok(plain)
    }
}

fn inflate(context: &mut Decompress, compressed: &[u8], limit: usize) -> Result<Vec<u8>, CompressorError> {
    let mut plain = Vec::new();
    let mut rest = compressed;
    loop {
        // One byte more than allowed shows that the result is too large.
        let room = (plain.len() * 2).max(compressed.len() * 3).max(256);
        plain.reserve_exact(room.min(limit.saturating_add(1)).saturating_sub(plain.len()));
        let (read, written) = (context.total_in(), context.total_out());
        let status = context
            .decompress_vec(rest, &mut plain, FlushDecompress::None)
            .map_err(damaged)?;
        if plain.len() > limit {
            return Err(CompressorError::TooLarge {
                compressor: NAME,
                limit,
            });
        }
        rest = unread(compressed, context);
        let has_stopped = (read, written) == (context.total_in(), context.total_out());
        match status {
            Status::StreamEnd if rest.is_empty() => return Ok(plain),
            Status::StreamEnd => return Err(damaged("bytes follow the stream")),
            Status::Ok | Status::BufError if has_stopped => return Err(damaged("the stream has no end")),
            Status::Ok | Status::BufError => {}
        }
    }
}

fn unread<'a>(compressed: &'a [u8], context: &Decompress) -> &'a [u8] {
    let read = usize::try_from(context.total_in()).unwrap_or(usize::MAX);
    compressed.get(read..).unwrap_or_default()
}

fn damaged(source: impl Into<BoxError>) -> CompressorError {
    CompressorError::Damaged {
        compressor: NAME,
        source: source.into(),
    }
}

fn failed(source: impl Into<BoxError>) -> CompressorError {
    CompressorError::Failed {
        compressor: NAME,
        source: source.into(),
    }
}

impl fmt::Debug for Zlib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zlib")
            .field("level", &self.level.level())
            .finish_non_exhaustive()
    }
}
