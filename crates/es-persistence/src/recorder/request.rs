//! Checks of a request that need no store.

use es_domain::OriginatorId;

use super::{Operation, RecorderError, RecorderErrorKind};
use crate::{StoredEvent, StoredSnapshot, StoredTag, TaggedRow, Tracking};

/// Refuses events that no store can keep. Recorders call it first.
///
/// # Errors
///
/// [`Invalid`](RecorderErrorKind::Invalid), with a source that names the event and the fault, when a version is 0 or
/// above `i64::MAX`, a topic is too long, a topic or text ID is empty or has a NUL character, an event ID is nil, or a schema version is 0
/// or above `i16::MAX`; and when there are more than 100,000 events. A topic has at most 2048 bytes.
pub fn check_events(store: &'static str, events: &[StoredEvent]) -> Result<(), RecorderError> {
    if events.len() > MAX_EVENTS {
        let cause = format!(
            "{} events are more than the {MAX_EVENTS} of one save: save them in parts",
            events.len()
        );
        return Err(RecorderError::new(store, Operation::InsertEvents, RecorderErrorKind::Invalid).with_source(cause));
    }
    events.iter().try_for_each(|event| {
        let fault = row_fault(&event.originator_id, event.originator_version, &event.topic)
            .or_else(|| schema_fault(event.schema_version))
            .or_else(|| event.event_id.is_nil().then_some("the event ID is missing"));
        let refused = |fault| {
            let (topic, version, id) = (&event.topic, event.originator_version, &event.originator_id);
            let cause = format!("event {topic:?}, version {version} of aggregate {id}: {fault}");
            RecorderError::new(store, Operation::InsertEvents, RecorderErrorKind::Invalid).with_source(cause)
        };
        fault.map_or(Ok(()), |fault| Err(refused(fault)))
    })
}

/// Refuses events and tags that no store can keep. Recorders call it first.
///
/// # Errors
///
/// As [`check_events`], and when a tag is empty, longer than [`StoredTag::MAX_LEN`] bytes, has a NUL character or begins with
/// a full stop.
pub fn check_tags(store: &'static str, rows: &[TaggedRow]) -> Result<(), RecorderError> {
    rows.iter().try_for_each(|row| {
        check_events(store, std::slice::from_ref(&row.event))?;
        row.tags.iter().try_for_each(|tag| {
            let refused = |fault| {
                let cause = format!("tag {tag:?} of an event {:?}: {fault}", row.event.topic);
                RecorderError::new(store, Operation::InsertEvents, RecorderErrorKind::Invalid).with_source(cause)
            };
            tag_fault(tag.text()).map_or(Ok(()), |fault| Err(refused(fault)))
        })
    })
}

fn tag_fault(text: &str) -> Option<&'static str> {
    if is_unfit(text) {
        Some("a tag has at least one character and no NUL")
    } else if text.len() > StoredTag::MAX_LEN {
        Some("a tag has at most 1000 bytes")
    } else if text.starts_with('.') {
        Some("a tag does not begin with a full stop")
    } else {
        None
    }
}

/// Refuses snapshots that no store can keep. Recorders call it first.
///
/// # Errors
///
/// As [`check_events`].
pub fn check_snapshots(store: &'static str, snapshots: &[StoredSnapshot]) -> Result<(), RecorderError> {
    snapshots.iter().try_for_each(|snapshot| {
        let fault = row_fault(&snapshot.originator_id, snapshot.originator_version, &snapshot.topic)
            .or_else(|| schema_fault(snapshot.schema_version));
        let refused = |fault| {
            let (version, id) = (snapshot.originator_version, &snapshot.originator_id);
            let cause = format!("snapshot of version {version} of aggregate {id}: {fault}");
            RecorderError::new(store, Operation::InsertSnapshots, RecorderErrorKind::Invalid).with_source(cause)
        };
        fault.map_or(Ok(()), |fault| Err(refused(fault)))
    })
}

/// Refuses tracking that no store can keep. Recorders call it first.
///
/// # Errors
///
/// [`Invalid`](RecorderErrorKind::Invalid), with a source that names the fault, when the position is 0, the position or the
/// fence is above `i64::MAX`, the upstream's name is empty, or a name has a NUL character.
pub fn check_tracking(store: &'static str, tracking: &Tracking) -> Result<(), RecorderError> {
    let fault = if tracking.position == 0 {
        "positions start at 1"
    } else if i64::try_from(tracking.position).is_err() {
        "the position is above 2^63 - 1"
    } else if i64::try_from(tracking.fence).is_err() {
        "the fence is above 2^63 - 1"
    } else if is_unfit(&tracking.key.upstream) || tracking.key.consumer.contains('\0') {
        "a name has at least one character and no NUL"
    } else {
        return Ok(());
    };
    let cause = format!("position {} of {}: {fault}", tracking.position, tracking.key);
    Err(RecorderError::new(store, Operation::InsertTracking, RecorderErrorKind::Invalid).with_source(cause))
}

/// The greatest number of events in one save: all of them are in memory at once, and others wait meanwhile.
const MAX_EVENTS: usize = 100_000;

/// The greatest length of a topic, in bytes.
const MAX_TOPIC: usize = 2048;

fn row_fault(id: &OriginatorId, version: u64, topic: &str) -> Option<&'static str> {
    if version == 0 {
        return Some("versions start at 1");
    }
    if i64::try_from(version).is_err() {
        return Some("the version is above 2^63 - 1");
    }
    if is_unfit(topic) || topic.len() > MAX_TOPIC {
        return Some("a topic has 1 to 2048 bytes and no NUL");
    }
    match id {
        OriginatorId::Text(text) if is_unfit(text) => Some("an ID has at least one character and no NUL"),
        OriginatorId::Text(_) | OriginatorId::Uuid(_) => None,
    }
}

fn schema_fault(version: u16) -> Option<&'static str> {
    let fits = version > 0 && i16::try_from(version).is_ok();
    (!fits).then_some("the schema version is not between 1 and 32767")
}

fn is_unfit(text: &str) -> bool {
    text.is_empty() || text.contains('\0')
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(id: &str, topic: &str) -> StoredEvent {
        let row = StoredEvent::new(OriginatorId::from(id), 1, topic.to_owned(), Vec::new());
        row.with_stamp(Uuid::max(), es_domain::Timestamp::UNIX_EPOCH)
    }

    fn refusal(events: &[StoredEvent]) -> String {
        check_events("memory", events).unwrap_err().to_string()
    }

    #[test]
    fn a_topic_that_is_too_long_is_refused_with_the_limit() {
        let topic = "t".repeat(2048);
        check_events("memory", &[event("a", &topic)]).unwrap();
        let text = refusal(&[event("a", &(topic + "t"))]);
        assert!(
            text.starts_with("memory could not store events: the request is invalid: event"),
            "{text}"
        );
        assert!(text.ends_with("a topic has 1 to 2048 bytes and no NUL"), "{text}");
    }

    #[test]
    fn a_save_of_too_many_events_is_refused_with_the_limit() {
        let events = vec![event("a", "Dog.Born"); MAX_EVENTS + 1];
        check_events("memory", &events[1..]).unwrap();
        let text = refusal(&events);
        assert!(
            text.ends_with("100001 events are more than the 100000 of one save: save them in parts"),
            "{text}"
        );
    }
}
