//! What projections do, on every kind of store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::future_not_send,
    reason = "the tests are not spawned, and a connection is not Sync"
)]

mod contract;
mod failures;
mod generations;
mod in_memory;
mod instances;
mod journal;
mod logs;
mod program;
mod school;
#[path = "../../../es-postgres/tests/support/server.rs"]
#[expect(dead_code, reason = "it is shared with other tests")]
mod server;
mod skew;
mod testing;
mod waiting;
mod world;
