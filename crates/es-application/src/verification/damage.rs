//! What a verification finds.

use std::{error, fmt};

use es_domain::OriginatorId;
use es_persistence::{MapperError, Notification, RecorderError};

/// The first damaged event of a log.
#[derive(Debug)]
pub struct Damage {
    position: u64,
    event: Option<(OriginatorId, u64, String)>,
    kind: DamageKind,
}

/// What is damaged.
#[derive(Debug)]
#[non_exhaustive]
pub enum DamageKind {
    /// The event cannot be read, or does not belong to the hash chain of its aggregate.
    Event(MapperError),
    /// The store itself cannot read the row.
    Row(RecorderError),
    /// No event has the position, and the store leaves none out.
    MissingPosition,
    /// An event before this one is missing.
    MissingVersion {
        /// The version of the missing event.
        version: u64,
    },
    /// An event comes before one of a lower version of the same aggregate. This is noticed of aggregates that are remembered.
    OutOfOrder,
}

impl Damage {
    pub(super) const fn of_position(position: u64, kind: DamageKind) -> Self {
        Self {
            position,
            event: None,
            kind,
        }
    }

    pub(super) fn of_event(found: &Notification, kind: DamageKind) -> Self {
        let event = &found.event;
        let event = (
            event.originator_id.clone(),
            event.originator_version,
            event.topic.to_string(),
        );
        Self {
            position: found.position,
            event: Some(event),
            kind,
        }
    }

    /// Returns the position of the damaged event. For a row that the store cannot read it is the first position at which the
    /// row may be.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Returns the aggregate of the damaged event, or `None` if the event itself is missing or cannot be read.
    pub fn originator_id(&self) -> Option<&OriginatorId> {
        self.event.as_ref().map(|(id, ..)| id)
    }

    /// Returns the version of the damaged event, or `None` if the event itself is missing or cannot be read.
    pub fn originator_version(&self) -> Option<u64> {
        self.event.as_ref().map(|(_, version, _)| *version)
    }

    /// Returns the topic of the damaged event, or `None` if the event itself is missing or cannot be read.
    pub fn topic(&self) -> Option<&str> {
        self.event.as_ref().map(|(.., topic)| &**topic)
    }

    /// Returns what is damaged.
    pub const fn kind(&self) -> &DamageKind {
        &self.kind
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log is damaged at position {}: ", self.position)?;
        match (&self.kind, &self.event) {
            (DamageKind::Event(error), _) => error.fmt(f),
            (DamageKind::Row(error), _) => error.fmt(f),
            (DamageKind::MissingPosition, _) | (_, None) => {
                f.write_str("its event is missing; restore it from a backup")
            }
            (DamageKind::MissingVersion { version }, Some((id, own, topic))) => write!(
                f,
                "version {version} of aggregate {id} is missing before {topic:?}, version {own}; restore it from a backup"
            ),
            (DamageKind::OutOfOrder, Some((id, version, topic))) => write!(
                f,
                "{topic:?}, version {version} of aggregate {id}, is not in the order of versions: positions were changed"
            ),
        }
    }
}

impl error::Error for Damage {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            DamageKind::Event(error) => error.source(),
            DamageKind::Row(error) => error.source(),
            _ => None,
        }
    }
}
