//! What a case asserts of the answers of a recorder.

use std::error::Error;

use es_persistence::{
    AlreadyTracked, Conflict, Fenced, Notification, OriginatorId, RecorderError, RecorderErrorKind, StoredEvent,
    TrackingKey,
};

/// Returns the value of a call that must succeed.
#[track_caller]
pub(crate) fn ok<T>(result: Result<T, RecorderError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Returns the kind of error of a call that must be refused.
#[track_caller]
pub(crate) fn refusal<T>(result: Result<T, RecorderError>) -> RecorderErrorKind {
    match result {
        Ok(_) => panic!("the call succeeded and must be refused"),
        Err(error) => error.kind().clone(),
    }
}

/// Returns the conflict of a call that must be refused with one.
#[track_caller]
pub(crate) fn conflict_of<T>(result: Result<T, RecorderError>) -> Conflict {
    match refusal(result) {
        RecorderErrorKind::Conflict(conflict) => conflict,
        kind => panic!("the call must be refused as a conflict, not with {kind:?}"),
    }
}

/// Returns `true` if a call succeeded. A call that failed must have failed with `loss`.
#[track_caller]
pub(crate) fn won<T>(result: Result<T, RecorderError>, loss: &RecorderErrorKind) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), loss, "{}", chain(&error));
            false
        }
    }
}

/// Asserts that each position is greater than the one before.
#[track_caller]
pub(crate) fn assert_ascending(positions: &[u64]) {
    let fault = positions.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(fault, None, "positions must ascend");
}

pub(crate) fn conflict(originator_id: &OriginatorId, version: u64, last_version: u64) -> RecorderErrorKind {
    RecorderErrorKind::Conflict(Conflict {
        originator_id: originator_id.clone(),
        version,
        last_version,
    })
}

pub(crate) fn already_tracked(upstream: &str, position: u64, last_position: u64) -> RecorderErrorKind {
    RecorderErrorKind::AlreadyTracked(AlreadyTracked {
        key: TrackingKey::of(upstream),
        position,
        last_position,
    })
}

pub(crate) fn fenced(key: &TrackingKey, fence: u64, last_fence: u64) -> RecorderErrorKind {
    RecorderErrorKind::Fenced(Fenced {
        key: key.clone(),
        fence,
        last_fence,
    })
}

pub(crate) fn positions(notifications: &[Notification]) -> Vec<u64> {
    notifications.iter().map(|notification| notification.position).collect()
}

/// Returns the events of `notifications` without their positions.
pub(crate) fn stored(notifications: &[Notification]) -> Vec<StoredEvent> {
    notifications
        .iter()
        .map(|notification| notification.event.clone())
        .collect()
}

/// Returns the texts of the error and of its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
