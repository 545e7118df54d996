//! The command `es`, run as a program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod log;
mod reports;
mod school;
#[path = "../../../es-postgres/tests/support/server.rs"]
mod server;
