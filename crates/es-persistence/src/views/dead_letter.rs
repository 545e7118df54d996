//! Events that a projection could not take.

use es_domain::OriginatorId;
use uuid::Uuid;

use crate::TrackingKey;

/// An event that a projection has not taken: it was set aside, or it was skipped.
///
/// Letters of one aggregate are kept in the order of their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The projection and the log that the event is from.
    pub key: TrackingKey,
    /// The position of the event in that log.
    pub position: u64,
    /// The ID of the event.
    pub event_id: Uuid,
    /// The aggregate that the event belongs to.
    pub originator: OriginatorId,
    /// The topic of the event.
    pub topic: String,
    /// The last error, or why the event was set aside without an attempt.
    pub error: String,
    /// How often the event was tried; 0 if it was set aside because an earlier event of its aggregate is.
    pub attempts: u32,
    /// What becomes of the event.
    pub disposition: Disposition,
}

/// What becomes of an event that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It waits until somebody asks for another attempt, and later events of its aggregate wait behind it.
    SetAside,
    /// Another attempt was asked for, and is made by the instance that has the lease.
    Retry,
    /// It is passed over for good. The letter is the record of that.
    Skipped,
}

impl DeadLetter {
    /// Makes the letter of an event that was set aside and not tried.
    pub fn new(key: TrackingKey, position: u64, event_id: Uuid, originator: OriginatorId) -> Self {
        Self {
            key,
            position,
            event_id,
            originator,
            topic: String::new(),
            error: String::new(),
            attempts: 0,
            disposition: Disposition::SetAside,
        }
    }

    /// Sets the topic of the event.
    #[must_use]
    pub fn with_topic(self, topic: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            ..self
        }
    }

    /// Sets the error and the number of attempts.
    #[must_use]
    pub fn with_error(self, error: impl Into<String>, attempts: u32) -> Self {
        Self {
            error: error.into(),
            attempts,
            ..self
        }
    }

    /// Sets what becomes of the event.
    #[must_use]
    pub fn with_disposition(self, disposition: Disposition) -> Self {
        Self { disposition, ..self }
    }
}

impl Disposition {
    /// Returns the word that stores keep.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetAside => "set aside",
            Self::Retry => "retry",
            Self::Skipped => "skipped",
        }
    }

    /// Returns the disposition that a store keeps as `word`, or `None` if there is none.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::SetAside, Self::Retry, Self::Skipped]
            .into_iter()
            .find(|disposition| disposition.as_str() == word)
    }
}
