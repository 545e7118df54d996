//! What an application does, on every store that needs no server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bank;
mod cancel;
mod chain;
mod execute;
mod follow;
mod log;
mod metadata;
mod open;
mod save;
mod stores;
