//! What a case asserts of the answers of a recorder.

use std::{error::Error, sync::Arc};

use es_persistence::{
    AlreadyTracked, Conflict, Notification, OriginatorId, RecorderError, RecorderErrorKind, StoredEvent,
};

/// The value of a call that has to succeed.
#[track_caller]
pub(crate) fn ok<T>(result: Result<T, RecorderError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Why a call was refused that has to be.
#[track_caller]
pub(crate) fn refusal<T>(result: Result<T, RecorderError>) -> RecorderErrorKind {
    match result {
        Ok(_) => panic!("it was accepted and must be refused"),
        Err(error) => error.kind().clone(),
    }
}

/// The conflict of a call that has to be one.
#[track_caller]
pub(crate) fn conflict_of<T>(result: Result<T, RecorderError>) -> Conflict {
    match refusal(result) {
        RecorderErrorKind::Conflict(conflict) => conflict,
        kind => panic!("it must be refused as a conflict, not with {kind:?}"),
    }
}

/// Whether a save won; whoever lost has to be told of a conflict.
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

/// Asserts that positions come one after the other.
#[track_caller]
pub(crate) fn assert_ascending(positions: &[u64]) {
    let fault = positions.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(fault, None, "positions have to ascend");
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
        upstream: Arc::from(upstream),
        position,
        last_position,
    })
}

pub(crate) fn positions(notifications: &[Notification]) -> Vec<u64> {
    notifications.iter().map(|notification| notification.position).collect()
}

/// The events of `notifications`, without their positions.
pub(crate) fn stored(notifications: &[Notification]) -> Vec<StoredEvent> {
    notifications
        .iter()
        .map(|notification| notification.event.clone())
        .collect()
}

/// The error and its causes.
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
