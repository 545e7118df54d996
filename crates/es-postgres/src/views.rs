//! Read models in PostgreSQL: each generation has a schema of its own.

mod lease;
mod letters;
mod namespace;
mod reading;
mod registry;
mod store;
mod tables;
mod transaction;

use es_persistence::{Environment, EnvironmentError, views::Views};
use sqlx::PgConnection;

use self::store::PostgresViews;
use crate::config::Config;

/// Opens the read models in the database that `environment` names. Tables are made when they are needed.
///
/// The settings are those of the store of events, but for `POSTGRES_STATEMENT_TIMEOUT`, which does not bound the statements of
/// projections. The database may be another one than that of the events.
///
/// Each generation of a read model is a schema of its own, such as `trickcounts_1_g2` for the second build of version 1 of
/// `TrickCounts`; if `POSTGRES_SCHEMA` is not `public`, its name stands before that. A projection names its tables without a
/// schema: each transaction sets the path with `SET LOCAL`, so that a pooler may hand on connections between transactions (one
/// that supports prepared statements, such as `PgBouncer` from 1.21 on). In each schema the tables `es_view`, `es_tracking` and
/// `es_dead_letters` have the lease, the positions and the events that were set aside; `es_views` and `es_generations` in
/// `POSTGRES_SCHEMA` say which generation is read. All of them can be queried.
///
/// The account needs the right to make schemas in the database.
///
/// ```no_run
/// # use es_persistence::Environment;
/// # fn open() -> Result<(), es_persistence::EnvironmentError> {
/// let views = es_postgres::views(&Environment::from_process("DogSchool"))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`EnvironmentError`] when a setting is missing or wrong.
pub fn views(environment: &Environment) -> Result<Views<PgConnection>, EnvironmentError> {
    Ok(Views::new(PostgresViews::new(Config::of_views(environment)?)))
}
