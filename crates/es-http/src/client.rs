//! The log of an application on another machine.
//!
//! A [`RemoteLog`] reads from a [`LogService`](crate::server::LogService), or from a service of another make that keeps to the
//! same contract. Nothing that the server sends is trusted: positions, bounds, topics and sizes are checked, and a log that was
//! rewound is noticed.

mod base;
mod builder;
mod check;
mod error;
mod marks;
mod python_log;
mod remote_log;
mod request;
mod retry;
#[cfg(feature = "rustls")]
mod tls;
mod transport;
mod watcher;

pub use self::{
    builder::RemoteLogBuilder,
    error::{BuildError, Fault, RemoteError},
    python_log::PythonLog,
    remote_log::RemoteLog,
};
