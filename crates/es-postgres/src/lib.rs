//! Events in a PostgreSQL database, version 14 or later.
//!
//! [`factory`] is given to an application, or [`factory_with`] what gives passwords, and the environment does the rest:
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `PERSISTENCE_MODULE` | | `postgres` chooses this store |
//! | `POSTGRES_HOST` | required | the server's host, or the folder of its socket |
//! | `POSTGRES_PORT` | 5432 | |
//! | `POSTGRES_DBNAME`, `POSTGRES_USER` | required | the database and the account |
//! | `POSTGRES_PASSWORD` | none | does not count beside a [`PasswordProvider`] |
//! | `POSTGRES_SCHEMA` | `public` | where the tables are |
//! | `POSTGRES_SSL_MODE` | `verify-full` | `verify-ca`, `require`, `prefer` or `disable` are less; `prefer` on this machine |
//! | `POSTGRES_SSL_ROOT_CERT` | none | a file of authorities to trust beside the system's |
//! | `POSTGRES_CONNECT_TIMEOUT` | 30 | seconds to wait for a connection |
//! | `POSTGRES_STATEMENT_TIMEOUT` | 30 | seconds to wait for an answer |
//! | `POSTGRES_LOCK_TIMEOUT` | 0 | seconds to wait for what others have locked; 0 waits as long as for an answer |
//! | `POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT` | 5 | seconds |
//! | `POSTGRES_POOL_SIZE`, `POSTGRES_MAX_OVERFLOW` | 5, 10 | how many idle connections are kept, and how many more there may be; those are closed after an idle minute |
//! | `POSTGRES_CONN_MAX_AGE` | 3600 | seconds after which a connection is replaced |
//! | `POSTGRES_PRE_PING` | no | try a connection before each use, and not only after 15 idle seconds |
//! | `CREATE_TABLE` | yes | make the tables that are missing |
//!
//! `require` encrypts for whoever answers, and `verify-ca` for whoever has a certificate by an authority that is trusted,
//! which the system's are: only `verify-full` sees that it is the server that was meant.
//!
//! One connection more listens for what other processes store.
//!
//! A save is one statement, a function of the events table that runs in a transaction of its own; what comes together
//! while others are being stored is stored together. The function takes a marker before it takes positions, which tells
//! readers how far the log is complete, so that writers need not wait for each other and readers miss nothing. Feeds are
//! read from the primary: a standby does not see the markers.
//!
//! Several applications can share their connections: see [`Pool`].
//!
//! Connections go to the server itself, or through a pooler such as `PgBouncer` in session mode. A pooler in transaction mode is
//! refused when the store is opened: when a connection is lost, the store must know which process of the server has the save.
//!
//! The log can be read by SQL without this library. With states in JSON, and neither compressed nor encrypted:
//!
//! ```sql
//! SELECT position, topic, "timestamp", convert_from(state, 'UTF8') FROM dogschool_events ORDER BY position
//! ```

mod config;
mod connection;
mod connections;
mod database;
mod encryption;
mod error;
mod factory;
mod password;
mod readers;
mod reading;
mod rows;
pub mod schema;
mod views;
mod watcher;
mod writer;

pub use self::{
    connections::Pool,
    factory::{factory, factory_with, factory_with_pool},
    password::{Account, NoPassword, PasswordProvider},
    views::views,
    writer::TransactionalEvents,
};
/// The driver, whose connection projections write by.
pub use sqlx;

/// The name of this store in errors.
const STORE: &str = "PostgreSQL";
