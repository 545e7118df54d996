//! Errors of the import.

use std::{error, fmt};

use es_domain::{OriginatorId, ParseTimestampError};

use super::PythonRow;
use crate::{BoxError, CompressorError, cipher::CipherError};

/// A row of a Python database cannot be read.
#[derive(Debug)]
pub struct ImportError {
    originator_id: OriginatorId,
    originator_version: u64,
    topic: String,
    kind: ImportErrorKind,
}

/// The kind of fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImportErrorKind {
    /// The state cannot be decrypted.
    Cipher(CipherError),
    /// The state cannot be decompressed.
    Compression(CompressorError),
    /// The state is not JSON.
    Json(serde_json::Error),
    /// The state is JSON, but not an object.
    NoObject,
    /// The state has no timestamp, or the timestamp is not a `datetime_iso` with a time zone.
    NoTimestamp,
    /// The timestamp cannot be read, or has no time zone.
    Timestamp(ParseTimestampError),
    /// An integer does not fit into 64 bits.
    BigInteger(String),
    /// A value was encoded by a transcoding that the importer was not given.
    UnknownTranscoding(String),
    /// A transcoding cannot decode what was encoded under its name.
    Transcoding {
        /// Its name.
        name: String,
        /// The transcoding's error.
        source: BoxError,
    },
}

impl ImportErrorKind {
    /// Returns the same without the parts that may quote the state.
    pub(super) fn without_content(self) -> Self {
        const WITHHELD: &str = "the cause is withheld: it may quote the state";
        match self {
            Self::Timestamp(_) => Self::NoTimestamp,
            Self::BigInteger(_) => Self::BigInteger("of a field".to_owned()),
            Self::Transcoding { name, .. } => Self::Transcoding {
                name,
                source: WITHHELD.into(),
            },
            other => other,
        }
    }
}

impl ImportError {
    pub(super) fn new(row: &PythonRow, kind: ImportErrorKind) -> Self {
        Self {
            originator_id: row.originator_id.clone(),
            originator_version: row.originator_version,
            topic: row.topic.clone(),
            kind,
        }
    }

    /// Returns the kind of fault.
    pub const fn kind(&self) -> &ImportErrorKind {
        &self.kind
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            originator_id,
            originator_version,
            topic,
            kind,
        } = self;
        write!(
            f,
            "event {topic:?}, version {originator_version} of aggregate {originator_id}, cannot be imported: "
        )?;
        match kind {
            ImportErrorKind::Cipher(_) => f.write_str("it cannot be decrypted"),
            ImportErrorKind::Compression(_) => f.write_str("it cannot be decompressed"),
            ImportErrorKind::Json(_) => f.write_str("the state is not JSON"),
            ImportErrorKind::NoObject => f.write_str("the state is not an object"),
            ImportErrorKind::NoTimestamp => f.write_str("the state has no timestamp"),
            ImportErrorKind::Timestamp(_) => f.write_str("the timestamp cannot be read"),
            ImportErrorKind::BigInteger(digits) => write!(f, "the integer {digits} has more than 64 bits"),
            ImportErrorKind::UnknownTranscoding(name) => {
                write!(
                    f,
                    "the importer has no transcoding {name:?}; add it by `with_transcoding`"
                )
            }
            ImportErrorKind::Transcoding { name, .. } => write!(f, "the transcoding {name:?} cannot decode a value"),
        }
    }
}

impl error::Error for ImportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            ImportErrorKind::Cipher(source) => Some(source),
            ImportErrorKind::Compression(source) => Some(source),
            ImportErrorKind::Json(source) => Some(source),
            ImportErrorKind::Timestamp(source) => Some(source),
            ImportErrorKind::Transcoding { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
