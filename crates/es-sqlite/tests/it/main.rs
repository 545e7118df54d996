//! What is special about SQLite: the file refuses, remembers its form, is old, damaged, lost, or has to be changed after all.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and may say why"
)]

mod append_only;
mod damaged;
mod golden;
mod latency;
mod locked;
mod maintenance;
mod places;
mod runtimes;
mod schema;
mod sizes;
mod store;
mod tags;
mod transactions;
