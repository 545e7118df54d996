//! Decisions as users write them, on every store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod contenders;
mod courses;
mod library;
mod names;
#[path = "../../../es-postgres/tests/support/server.rs"]
mod server;
mod stores;
mod surface;
