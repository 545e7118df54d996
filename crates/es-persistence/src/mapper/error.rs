//! Errors of the mapper.

use std::fmt;

use es_domain::{OriginatorId, UpcastError};

use super::{ChainError, StateFormat};
use crate::{
    CompressorError, TranscoderError,
    cipher::{CipherError, KeyId, RecordKind, SealContext},
};

/// What to do where a state is encrypted and there is no key.
const TO_DECRYPT: &str = if cfg!(feature = "encryption") {
    "set CIPHER_KEY"
} else {
    "build es-persistence with its feature `encryption`, and set CIPHER_KEY"
};

/// An event or a snapshot that cannot be turned into a row, or a row that cannot be read.
///
/// It says which one, and the kind of fault. Where states are encrypted, it quotes nothing of a state.
#[derive(Debug)]
pub struct MapperError(Box<Fault>);

/// The row, and what is wrong with it.
#[derive(Debug)]
struct Fault {
    originator_id: OriginatorId,
    originator_version: u64,
    topic: String,
    record: RecordKind,
    kind: MapperErrorKind,
}

/// The kind of fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum MapperErrorKind {
    /// The aggregate has no event with this topic: it was written by a newer program, or renamed without an alias.
    UnknownTopic {
        /// The aggregate's own topic.
        aggregate: &'static str,
    },
    /// The topic is one of another type of aggregate: two aggregates have the same ID.
    ForeignTopic {
        /// The aggregate's own topic.
        aggregate: &'static str,
        /// The beginning of the topic, which is the topic of the other type of aggregate.
        other: String,
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
    /// The event was split into several, and one was asked for.
    Split {
        /// How many events it is read as.
        events: usize,
    },
    /// The snapshot's state is of another aggregate, version or time than its row says.
    OtherAggregate {
        /// The topic of the aggregate's type.
        aggregate: &'static str,
    },
    /// The state is of an older version and cannot be brought up to date.
    Upcasting(UpcastError),
    /// The state has a newer version than this program knows, and more than fields were added.
    NewerVersion {
        /// The version of the state.
        stored: u32,
        /// The newest version that the event's upcasters make.
        known: u32,
        /// The cause.
        source: TranscoderError,
    },
    /// The state cannot be compressed or decompressed.
    Compression(CompressorError),
    /// The state cannot be encrypted or decrypted.
    Cipher(CipherError),
    /// The row does not belong to the hash chain of its aggregate.
    Chain(ChainError),
    /// The state is larger than is allowed.
    TooLarge {
        /// The size in bytes, uncompressed.
        size: usize,
        /// The greatest size in bytes.
        limit: usize,
    },
    /// The state is encrypted, and the mapper has no cipher.
    Encrypted {
        /// The key that it says it was encrypted with.
        key: Option<KeyId>,
    },
    /// The state is not encrypted, and the application encrypts.
    NotEncrypted,
    /// The state begins with the format of a transcoder or compressor that the mapper does not have.
    UnknownFormat(StateFormat),
}

impl MapperErrorKind {
    /// Returns the same without the texts of causes that may quote the state.
    pub(super) fn without_content(self) -> Self {
        match self {
            Self::Encoding(source) => Self::Encoding(source.without_content()),
            Self::Decoding(source) => Self::Decoding(source.without_content()),
            Self::NewerVersion { stored, known, source } => Self::NewerVersion {
                stored,
                known,
                source: source.without_content(),
            },
            Self::Upcasting(source) => Self::Upcasting(source.without_source()),
            other => other,
        }
    }
}

impl MapperError {
    pub(super) fn without_content(self) -> Self {
        let kind = self.0.kind.without_content();
        Self(Box::new(Fault { kind, ..*self.0 }))
    }

    pub(super) fn new(context: &SealContext<'_>, kind: MapperErrorKind) -> Self {
        Self(Box::new(Fault {
            originator_id: context.originator_id.clone(),
            originator_version: context.originator_version,
            topic: context.topic.to_owned(),
            record: context.kind,
            kind,
        }))
    }

    /// Returns the kind of fault.
    pub fn kind(&self) -> &MapperErrorKind {
        &self.0.kind
    }

    /// Returns the ID of the aggregate.
    pub fn originator_id(&self) -> &OriginatorId {
        &self.0.originator_id
    }

    /// Returns the version of the event or snapshot.
    pub fn originator_version(&self) -> u64 {
        self.0.originator_version
    }

    /// Returns the topic of the row.
    pub fn topic(&self) -> &str {
        &self.0.topic
    }
}

impl fmt::Display for MapperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            originator_id,
            originator_version,
            topic,
            record,
            kind,
        } = &*self.0;
        write!(
            f,
            "{record} {topic:?}, version {originator_version} of aggregate {originator_id}, "
        )?;
        match kind {
            MapperErrorKind::UnknownTopic { aggregate } => {
                write!(
                    f,
                    "is not an event that {aggregate} knows; if it was renamed, give the event the old topic as alias"
                )
            }
            MapperErrorKind::ForeignTopic { aggregate, other } => write!(
                f,
                "is not an event of {aggregate} but one of {other}, and both have this ID: give each type of aggregate \
                 IDs of its own; if the event was renamed, give it the old topic as alias"
            ),
            MapperErrorKind::WrongId { aggregate } => write!(f, "has an ID of another kind than {aggregate} has"),
            MapperErrorKind::Split { events } => {
                write!(f, "was split into {events} events: decode all of them in place of one")
            }
            MapperErrorKind::OtherAggregate { aggregate } => {
                write!(f, "has the state of another {aggregate}, or of another version or time of it, than its row says")
            }
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
            MapperErrorKind::Encrypted { key: Some(key) } => {
                write!(f, "is encrypted with key {key}, and there is no key to read it: {TO_DECRYPT}")
            }
            MapperErrorKind::Encrypted { key: None } => {
                write!(f, "is encrypted, and there is no key to read it: {TO_DECRYPT}")
            }
            MapperErrorKind::NotEncrypted => {
                f.write_str("is not encrypted, and this application encrypts: if it was stored before, set CIPHER_ACCEPT_PLAIN to yes")
            }
            MapperErrorKind::UnknownFormat(format) => {
                write!(f, "begins with {format}, a format that this program does not know")?;
                format.missing_feature().map_or(Ok(()), |feature| {
                    write!(f, ": es-persistence is built without its feature `{feature}`")
                })
            }
        }?;
        self.cause().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for MapperError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause()?.source()
    }
}

impl MapperError {
    /// Returns the cause, whose text is a part of this error's.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
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
