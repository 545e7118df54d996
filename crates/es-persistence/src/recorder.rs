//! What a store has to do.

mod aggregate;
mod application;
mod error;
mod process;
mod request;
mod tracking;

pub use self::{
    aggregate::AggregateRecorder,
    application::ApplicationRecorder,
    error::{AlreadyTracked, Conflict, Operation, RecorderError, RecorderErrorKind},
    process::ProcessRecorder,
    request::{check_events, check_tracking},
    tracking::TrackingRecorder,
};
