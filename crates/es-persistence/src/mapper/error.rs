//! Why an event cannot be mapped.

use std::fmt;

use es_domain::{OriginatorId, UpcastError};

use super::{ChainError, StateFormat};
use crate::{
    CompressorError, TranscoderError,
    cipher::{CipherError, SealContext},
};

/// An event cannot be turned into a row, or a row into an event.
#[derive(Debug)]
pub struct MapperError {
    originator_id: OriginatorId,
    originator_version: u64,
    topic: String,
    kind: MapperErrorKind,
}

/// Why.
#[derive(Debug)]
#[non_exhaustive]
pub enum MapperErrorKind {
    /// The aggregate has no event with this topic: it was written by a newer program, or renamed without an alias.
    UnknownTopic {
        /// The aggregate's own topic.
        aggregate: &'static str,
    },
    /// The row's ID is a text where the aggregate has UUIDs, or the other way round.
    WrongId {
        /// The aggregate's own topic.
        aggregate: &'static str,
    },
    /// The event cannot be written.
    Encoding(TranscoderError),
    /// The state cannot be read.
    Decoding(TranscoderError),
    /// The state is of an older version and cannot be brought up to date.
    Upcasting(UpcastError),
    /// The state is of a version newer than this program knows, and not only with fields more.
    NewerVersion {
        /// The version of the state.
        stored: u32,
        /// The newest version that the event's upcasters make.
        known: u32,
        /// Why it cannot be read.
        source: TranscoderError,
    },
    /// The state cannot be compressed or decompressed.
    Compression(CompressorError),
    /// The state cannot be encrypted or decrypted.
    Cipher(CipherError),
    /// The event is not what followed the one before it, or nobody can tell.
    Chain(ChainError),
    /// The state is larger than is allowed.
    TooLarge {
        /// How many bytes it has, uncompressed.
        size: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The state is encrypted, and the mapper has no cipher.
    Encrypted,
    /// The state is not encrypted, as those of this application are.
    NotEncrypted,
    /// The state begins with what no transcoder or compressor that is there has written.
    UnknownFormat(StateFormat),
}

impl MapperError {
    pub(super) fn new(context: &SealContext<'_>, kind: MapperErrorKind) -> Self {
        Self {
            originator_id: context.originator_id.clone(),
            originator_version: context.originator_version,
            topic: context.topic.to_owned(),
            kind,
        }
    }

    pub(super) fn map_kind(self, map: impl FnOnce(MapperErrorKind) -> MapperErrorKind) -> Self {
        let kind = map(self.kind);
        Self { kind, ..self }
    }

    /// Why.
    pub const fn kind(&self) -> &MapperErrorKind {
        &self.kind
    }

    /// The aggregate whose event it is.
    pub const fn originator_id(&self) -> &OriginatorId {
        &self.originator_id
    }

    /// The event's version.
    pub const fn originator_version(&self) -> u64 {
        self.originator_version
    }

    /// The event's topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

impl fmt::Display for MapperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            originator_id,
            originator_version,
            topic,
            kind,
        } = self;
        write!(
            f,
            "event {topic:?}, version {originator_version} of aggregate {originator_id}, "
        )?;
        match kind {
            MapperErrorKind::UnknownTopic { aggregate } => {
                write!(
                    f,
                    "is no event that {aggregate} knows; if it was renamed, give the event the old topic as alias"
                )
            }
            MapperErrorKind::WrongId { aggregate } => write!(f, "has an ID of another kind than {aggregate} has"),
            MapperErrorKind::Encoding(_) => f.write_str("cannot be written"),
            MapperErrorKind::Decoding(_) => f.write_str("cannot be read"),
            MapperErrorKind::Upcasting(_) => f.write_str("is older and cannot be brought up to date"),
            MapperErrorKind::NewerVersion { stored, known, .. } => write!(
                f,
                "has a state of version {stored}, this program knows version {known}, and more than fields were added"
            ),
            MapperErrorKind::Compression(_) => f.write_str("cannot be compressed or decompressed"),
            MapperErrorKind::Cipher(_) => f.write_str("cannot be encrypted or decrypted"),
            MapperErrorKind::Chain(_) => f.write_str("fails the check of its integrity"),
            MapperErrorKind::TooLarge { size, limit } => {
                write!(f, "has {size} bytes, which is more than the limit of {limit}")
            }
            MapperErrorKind::Encrypted => f.write_str("is encrypted, and there is no cipher to read it"),
            MapperErrorKind::NotEncrypted => {
                f.write_str("is not encrypted, as the events of this application are: it was changed or is older")
            }
            MapperErrorKind::UnknownFormat(format) => {
                write!(f, "begins with {format}, a format that nothing here has written")
            }
        }
    }
}

impl std::error::Error for MapperError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            MapperErrorKind::Encoding(source)
            | MapperErrorKind::Decoding(source)
            | MapperErrorKind::NewerVersion { source, .. } => Some(source),
            MapperErrorKind::Upcasting(source) => Some(source),
            MapperErrorKind::Compression(source) => Some(source),
            MapperErrorKind::Cipher(source) => Some(source),
            MapperErrorKind::Chain(source) => Some(source),
            _ => None,
        }
    }
}

impl From<CompressorError> for MapperErrorKind {
    fn from(source: CompressorError) -> Self {
        Self::Compression(source)
    }
}

impl From<CipherError> for MapperErrorKind {
    fn from(source: CipherError) -> Self {
        Self::Cipher(source)
    }
}

impl From<ChainError> for MapperErrorKind {
    fn from(source: ChainError) -> Self {
        Self::Chain(source)
    }
}
