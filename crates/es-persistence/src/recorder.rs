//! What a store has to do.

mod aggregate;
mod application;
mod decision;
mod error;
mod log;
mod process;
mod request;
mod snapshot;
mod tracking;

pub use self::{
    aggregate::AggregateRecorder,
    application::ApplicationRecorder,
    decision::DecisionRecorder,
    error::{AlreadyTracked, Conflict, Fenced, Operation, RecorderError, RecorderErrorKind, Rewound},
    log::{LOG_WINDOW, ReadableLog},
    process::ProcessRecorder,
    request::{check_events, check_snapshots, check_tags, check_tracking},
    snapshot::{SnapshotDeletion, SnapshotRecorder, SnapshotStream},
    tracking::TrackingRecorder,
};
