//! How far somebody has come in the log of an application.

use std::sync::Arc;

use uuid::Uuid;

/// The last event that has been processed of the application `upstream`.
///
/// It is stored in the transaction that stores what came of the event, so that each event counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// The application whose events are processed.
    pub upstream: Arc<str>,
    /// The position of the event in its log.
    pub position: u64,
    /// The ID of the event at that position, when it is known: a log that has another one there was rewound.
    pub event_id: Option<Uuid>,
}

impl Tracking {
    /// The event at `position` of `upstream`.
    pub fn new(upstream: impl Into<Arc<str>>, position: u64) -> Self {
        Self {
            upstream: upstream.into(),
            position,
            event_id: None,
        }
    }

    /// Adds the ID of the event.
    #[must_use]
    pub fn with_event_id(self, event_id: Uuid) -> Self {
        Self {
            event_id: Some(event_id),
            ..self
        }
    }
}
