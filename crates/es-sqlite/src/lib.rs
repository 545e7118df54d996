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
//! The runtime is tokio's, with timers. The file is on a local disk and stays where it is: after it was removed or replaced,
//! saves and reads fail until it is back. Beside it stand its write-ahead log (`-wal`, which has what was stored last, and
//! must never be removed) and an index (`-shm`); when the last process has closed the store, the file alone has everything.
//!
//! All writes go through one connection (sqlx), which stores in one commit what has come together
//! while it was writing. Reads use connections of their own (rusqlite) on the caller's thread, because a short read costs less
//! than a hop to another thread. A read that looks at more than 1,000 rows or a mebibyte goes on in a thread for blocking
//! work; rows that a selection by topic passes over count, too. Readers never wait for the writer, nor the writer for them
//! (write-ahead log).
//!
//! # Reading the log by SQL
//!
//! The tables of the application `DogSchool` are `dogschool_events`, `dogschool_snapshots` and `dogschool_tracking`. Any
//! program that reads SQLite files can read them. `timestamp` counts microseconds since 1970 in UTC, and `state` is a blob:
//! the shell of SQLite prints it as it is, and `CAST(state AS TEXT)` makes text of it where JSON was written, neither
//! compressed nor encrypted.
//!
//! ```
//! use es_persistence::{Environment, StoredEvent, Timestamp};
//! use sqlx::Connection as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("dogs.sqlite").display().to_string();
//! # let environment = Environment::new("DogSchool").with("SQLITE_DBNAME", &file);
//! # let datastore = es_sqlite::factory().open(&environment).await?;
//! # let event_id = "0190b3c0-7000-7000-8000-000000000001".parse()?;
//! # let event = StoredEvent::new("rex".into(), 1, "Dog.TrickAdded", br#"{"trick":"roll over"}"#.to_vec())
//! #     .with_stamp(event_id, "2026-01-02T03:04:05Z".parse::<Timestamp>()?);
//! # datastore.application_recorder().await?.insert_events(vec![event]).await?;
//! let mut connection = sqlx::SqliteConnection::connect(&file).await?;
//! let log = "SELECT position, topic, datetime(timestamp / 1000000, 'unixepoch'), CAST(state AS TEXT)
//!            FROM dogschool_events ORDER BY position";
//! let rows: Vec<(i64, String, String, String)> = sqlx::query_as(log).fetch_all(&mut connection).await?;
//!
//! let (position, topic, time, state) = &rows[0];
//! assert_eq!((*position, topic.as_str()), (1, "Dog.TrickAdded"));
//! assert_eq!((time.as_str(), state.as_str()), ("2026-01-02 03:04:05", r#"{"trick":"roll over"}"#));
//! # Ok(())
//! # }
//! ```
//!
//! The file refuses that a stored event is changed or deleted. [`maintain`] is the way to do so all the same.

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
mod views;
mod watcher;
mod writer;

pub use self::{factory::factory, maintenance::maintain, views::views, writer::TransactionalEvents};
/// The driver, whose connection projections write by.
pub use sqlx;

/// The name of this store in errors.
const STORE: &str = "SQLite";
