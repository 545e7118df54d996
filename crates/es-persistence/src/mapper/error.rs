//! Why an event cannot be mapped.

use std::fmt;

use es_domain::OriginatorId;

use crate::TranscoderError;

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
}

impl MapperError {
    pub(super) fn new(originator_id: &OriginatorId, version: u64, topic: &str, kind: MapperErrorKind) -> Self {
        Self {
            originator_id: originator_id.clone(),
            originator_version: version,
            topic: topic.to_owned(),
            kind,
        }
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
        }
    }
}

impl std::error::Error for MapperError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            MapperErrorKind::Encoding(source) | MapperErrorKind::Decoding(source) => Some(source),
            MapperErrorKind::UnknownTopic { .. } | MapperErrorKind::WrongId { .. } => None,
        }
    }
}
