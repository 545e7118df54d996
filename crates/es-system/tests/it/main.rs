//! What systems do, on every kind of store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::future_not_send, reason = "the tests are not spawned")]

mod commands;
mod cut_off;
mod failures;
mod graph;
mod instances;
mod order;
mod outbox;
mod processing;
mod program;
mod school;
#[path = "../../../es-postgres/tests/support/server.rs"]
mod server;
mod shop;
mod single_threaded;
mod upstream;
mod waiting;
mod world;
