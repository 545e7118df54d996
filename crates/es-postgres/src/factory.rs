//! What is given to an application.

use std::sync::Arc;

use es_persistence::{Persistence, sql};

use crate::database::PostgresDatabase;

/// The store in a PostgreSQL database: `PERSISTENCE_MODULE=postgres`.
///
/// The [crate's documentation](crate) has the settings.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    sql::persistence::<PostgresDatabase>()
}
