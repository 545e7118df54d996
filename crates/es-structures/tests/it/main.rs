//! The structures, in memory and in a SQLite file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrays;
mod commands;
mod logs;
mod stores;
