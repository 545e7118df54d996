//! What can be said of a request before any store is asked.

use es_domain::OriginatorId;

use super::{Operation, RecorderError, RecorderErrorKind};
use crate::{StoredEvent, Tracking};

/// Refuses events that no store can keep: recorders call it first.
///
/// # Errors
///
/// [`Invalid`](RecorderErrorKind::Invalid), with a source that names the event and the fault, when a version is 0 or
/// above `i64::MAX`, or a topic or text ID is empty or has a NUL character.
pub fn check_events(store: &'static str, events: &[StoredEvent]) -> Result<(), RecorderError> {
    match events.iter().find_map(|event| Some((event, fault(event)?))) {
        None => Ok(()),
        Some((event, fault)) => {
            let StoredEvent {
                originator_id,
                originator_version,
                topic,
                ..
            } = event;
            let cause = format!("event {topic:?}, version {originator_version} of aggregate {originator_id}: {fault}");
            Err(RecorderError::new(store, Operation::InsertEvents, RecorderErrorKind::Invalid).with_source(cause))
        }
    }
}

/// Refuses tracking that no store can keep: recorders call it first.
///
/// # Errors
///
/// [`Invalid`](RecorderErrorKind::Invalid), with a source that names the fault, when the position is 0 or above
/// `i64::MAX`, or the upstream's name is empty or has a NUL character.
pub fn check_tracking(store: &'static str, tracking: &Tracking) -> Result<(), RecorderError> {
    let Tracking { upstream, position, .. } = tracking;
    let fault = if *position == 0 {
        "positions start at 1"
    } else if i64::try_from(*position).is_err() {
        "the position is above the greatest that stores keep"
    } else if is_unfit(upstream) {
        "a name is a text of at least one character without NUL"
    } else {
        return Ok(());
    };
    let cause = format!("position {position} of {upstream:?}: {fault}");
    Err(RecorderError::new(store, Operation::InsertTracking, RecorderErrorKind::Invalid).with_source(cause))
}

fn fault(event: &StoredEvent) -> Option<&'static str> {
    if event.originator_version == 0 {
        return Some("versions start at 1");
    }
    if i64::try_from(event.originator_version).is_err() {
        return Some("the version is above the greatest that stores keep");
    }
    if is_unfit(&event.topic) {
        return Some("a topic is a text of at least one character without NUL");
    }
    match &event.originator_id {
        OriginatorId::Text(text) if is_unfit(text) => Some("an ID is a text of at least one character without NUL"),
        OriginatorId::Text(_) | OriginatorId::Uuid(_) => None,
    }
}

fn is_unfit(text: &str) -> bool {
    text.is_empty() || text.contains('\0')
}
