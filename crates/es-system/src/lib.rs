//! Systems: applications that follow each other.
//!
//! A [`ProcessApplication`] turns events of other applications into events of its own aggregates. A [`System`] says who follows
//! whom, without naming a store or a way of running. A runner opens the applications and does the work: [`TaskRunner`] in tasks,
//! beside other processes on the same database, [`SingleThreadedRunner`] step by step, for tests.
//!
//! | to do | look at |
//! |---|---|
//! | react to events of other applications | [`ProcessApplication`], [`Processing`] |
//! | say who follows whom, and print it | [`System`] |
//! | run it | [`TaskRunner`], [`SingleThreadedRunner`] |
//! | wait until something has had its effect | [`TaskRunner::wait_for`], [`TaskRunner::wait_through`] |
//! | say what happens when an event fails | [`System::on_error`], [`Remedy`] |
//! | let something happen when nothing else does in time | [`Deadline`] |
//! | send mails and the like | [`Outbox`] |
//! | follow an application of another database or machine | [`System::upstream`] |
//! | test a policy alone | [`testing`] |

mod deadline;
mod error;
mod lease;
mod letters;
mod outbox;
mod process;
mod processing;
mod single_threaded;
mod status;
mod system;
mod task_runner;
mod virtual_clock;
mod worker;

pub mod prelude;
pub mod testing;

pub use self::{
    deadline::Deadline,
    error::{DeadlineError, FollowerError, StopError, SystemError, WaitError},
    outbox::{DeliveryKey, Outbox},
    process::ProcessApplication,
    processing::{Held, Processing, ProcessingError},
    single_threaded::{SingleThreadedRunner, Step},
    status::{Progress, State, Status},
    system::{Mistake, Mistakes, Node, System},
    task_runner::{RunnerSettings, TaskRunner},
};
pub use es_persistence::{
    BoxError, EventSet, Recorded, Upstream,
    views::{DeadLetter, Disposition},
};
pub use es_projection::{Failure, Remedy};
