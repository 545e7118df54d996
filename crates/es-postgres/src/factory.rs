//! What is given to an application.

use std::sync::Arc;

use es_persistence::Persistence;

use crate::{config::Config, connections::Pool, database::PostgresDatabase, password::PasswordProvider};

/// The store in a PostgreSQL database: `PERSISTENCE_MODULE=postgres`.
///
/// The [crate's documentation](crate) has the settings.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    es_sql::persistence::<PostgresDatabase>()
}

/// The same store, with the passwords of `provider`. `POSTGRES_PASSWORD` and `POSTGRES_GET_PASSWORD_TOPIC` do not count
/// then.
#[must_use]
pub fn factory_with(provider: impl PasswordProvider) -> Arc<dyn Persistence> {
    let provider: Arc<dyn PasswordProvider> = Arc::new(provider);
    es_sql::persistence_with::<PostgresDatabase>(move |environment| {
        Config::from_environment(environment, Some(Arc::clone(&provider)))
    })
}

/// The same store, with connections of `pool`, which other applications may share. Of the settings in an application's own
/// environment, only `POSTGRES_SCHEMA` and `CREATE_TABLE` are read.
///
/// Closing an application leaves the pool open: [`Pool::close`] closes it.
#[must_use]
pub fn factory_with_pool(pool: Pool) -> Arc<dyn Persistence> {
    es_sql::persistence_with::<PostgresDatabase>(move |environment| Config::with_pool(environment, &pool))
}
