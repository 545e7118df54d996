//! The log over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod compression;
mod conformance;
mod contract;
mod cuts;
mod follow;
mod hostile_client;
mod hostile_server;
mod https;
mod programs;
mod rewound;
mod school;
mod sections;
mod selections;
mod served;
#[path = "../../../es-postgres/tests/support/server.rs"]
#[expect(dead_code, reason = "it is shared with other tests")]
mod server;
mod tails;
mod traces;
mod world;
