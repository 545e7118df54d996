//! What an application does, on every store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bank;
mod cache;
mod canary;
mod cancel;
mod chain;
mod corpus;
mod counter;
mod event_sets;
mod execute;
mod false_snapshots;
mod finding;
mod follow;
mod guards;
mod log;
mod metadata;
mod neighbours;
mod odd_store;
mod once;
mod once_across_processes;
mod open;
mod prepare;
mod revival;
mod save;
mod scope;
#[path = "../../../es-postgres/tests/support/server.rs"]
mod server;
mod several;
mod snapshot_rules;
mod snapshots;
mod states;
mod stores;
mod ui;
mod verify;
