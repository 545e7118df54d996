//! Events in a SQLite file.
//!
//! [`factory`] is given to an application, and the environment does the rest:
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `PERSISTENCE_MODULE` | | `sqlite` chooses this store |
//! | `SQLITE_DBNAME` | required | a path, a `file:` URI, or `:memory:` |
//! | `SQLITE_LOCK_TIMEOUT` | 5 | seconds to wait for another process that is writing; at most 2,147,483 |
//! | `SQLITE_SYNCHRONOUS` | `FULL` | `FULL` or `EXTRA`: what is saved survives a power loss; `NORMAL`: the last saves may not |
//! | `CREATE_TABLE` | yes | make the tables that are missing |
//!
//! The runtime is tokio's, with timers. The file is on a local disk and stays where it is: once it was removed or replaced,
//! saves and reads fail until it is back. Beside it stand its write-ahead log (`-wal`, which has what was stored last, and
//! must never be removed) and an index (`-shm`); when the last process has closed the store, the file alone has everything.
//!
//! All writes go through one connection (sqlx), which stores in one commit what has come together
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

pub use self::{factory::factory, maintenance::maintain, writer::TransactionalEvents};

/// The name of this store in errors.
const STORE: &str = "SQLite";
