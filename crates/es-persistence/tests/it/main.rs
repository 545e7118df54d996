//! What this crate does to events on their way to bytes and back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod canary;
mod chain;
mod chained_aggregate;
mod cipher;
mod compressor;
mod corpus;
mod environment;
mod fidelity;
mod fixture;
mod golden;
mod golden_row;
mod import;
mod inverse;
mod mapper;
mod moved;
mod readable;
mod rotation;
mod settings;
mod snapshot;
mod transcoder;
mod variables;
mod versioning;
