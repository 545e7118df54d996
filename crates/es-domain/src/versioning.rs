//! How events and aggregates change while what is stored stays readable.
#![doc = include_str!("../docs/versioning.md")]
