//! Events in a SQLite file.
//!
//! [`factory`] is given to an application, and the environment does the rest:
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `PERSISTENCE_MODULE` | | `sqlite` chooses this store |
//! | `SQLITE_DBNAME` | required | a path, a `file:` URI, or `:memory:` |
//! | `SQLITE_LOCK_TIMEOUT` | 5 | seconds to wait for another process that is writing |
//! | `SQLITE_SYNCHRONOUS` | `FULL` | `FULL` or `EXTRA`: what is saved survives a power loss; `NORMAL`: the last saves may not |
//! | `CREATE_TABLE` | yes | make the tables that are missing |
//!
//! All writes go through one connection (sqlx) in a task of its own, which stores in one commit what has come together
//! while it was writing. Reads use connections of their own (rusqlite) on the caller's thread, a bounded page at a time,
//! because a short read costs less than a hop to another thread; longer ones go on in a thread for blocking work.
//! Readers never wait for the writer, nor the writer for them (write-ahead log).

mod config;
mod connection;
mod database;
mod error;
mod factory;
mod gate;
mod maintenance;
mod readers;
mod reading;
mod rows;
mod schema;
mod watcher;
mod writer;

pub use self::{factory::factory, maintenance::maintain};

/// The name of this store in errors.
const STORE: &str = "SQLite";
