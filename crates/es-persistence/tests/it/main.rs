//! What this crate does to events on their way to bytes and back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chain;
mod chained_aggregate;
mod cipher;
mod compressor;
mod corpus;
mod environment;
mod fidelity;
mod fixture;
mod golden;
mod import;
mod inverse;
mod mapper;
mod moved;
mod transcoder;
mod variables;
mod versioning;
