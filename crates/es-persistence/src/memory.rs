//! Events in memory, gone with the process: for tests, and for trying things out.

mod datastore;
mod log;
mod recorder;
mod snapshots;
mod tags;
mod tracking;

pub use self::{datastore::factory, recorder::MemoryRecorder};

/// The name of this store in errors.
const STORE: &str = "memory";
