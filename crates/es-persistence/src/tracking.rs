//! How far a consumer has processed the log of an application.

use std::sync::Arc;

use uuid::Uuid;

/// A consumer of a log, and the log: each pair has one position.
///
/// A consumer is a projection or a policy; the upstream is the application whose log it follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TrackingKey {
    /// The name of the consumer; empty for an application that follows others as a whole.
    pub consumer: Arc<str>,
    /// The name of the application whose log is processed.
    pub upstream: Arc<str>,
}

impl TrackingKey {
    /// Makes the key of `consumer` in the log of `upstream`.
    pub fn new(consumer: impl Into<Arc<str>>, upstream: impl Into<Arc<str>>) -> Self {
        Self {
            consumer: consumer.into(),
            upstream: upstream.into(),
        }
    }

    /// Makes the key of an application that follows `upstream` as a whole.
    pub fn of(upstream: impl Into<Arc<str>>) -> Self {
        Self::new("", upstream)
    }
}

/// The last event that a consumer has processed.
///
/// It is stored in the transaction that stores the effect of the event, so that each event counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tracking {
    /// The consumer and the log that it follows.
    pub key: TrackingKey,
    /// The position that was reached in the log.
    pub position: u64,
    /// The ID of the last event at or below the position, if it is known. A log that has another event there was rewound.
    pub event_id: Option<Uuid>,
    /// The number of the lease under which the event was processed; 0 without leases. A lower one than the last is refused.
    pub fence: u64,
}

impl Tracking {
    /// Makes the tracking of an application that has processed `upstream` up to `position`.
    pub fn new(upstream: impl Into<Arc<str>>, position: u64) -> Self {
        Self::of(TrackingKey::of(upstream), position)
    }

    /// Makes the tracking of a consumer that has reached `position`.
    pub const fn of(key: TrackingKey, position: u64) -> Self {
        Self {
            key,
            position,
            event_id: None,
            fence: 0,
        }
    }

    /// Adds the ID of the last event at or below the position.
    #[must_use]
    pub fn with_event_id(self, event_id: Uuid) -> Self {
        Self {
            event_id: Some(event_id),
            ..self
        }
    }

    /// Adds the number of the lease.
    #[must_use]
    pub fn with_fence(self, fence: u64) -> Self {
        Self { fence, ..self }
    }
}
