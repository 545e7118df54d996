//! Ways to write an aggregate.
#![doc = include_str!("../docs/styles.md")]
