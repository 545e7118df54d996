//! The names that a module with process applications needs.

#[doc(no_inline)]
pub use crate::{
    BoxError, Deadline, EventSet, Outbox, ProcessApplication, Processing, Recorded, Remedy, SingleThreadedRunner,
    System, TaskRunner,
};
