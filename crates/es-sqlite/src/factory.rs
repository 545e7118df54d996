//! What is given to an application.

use std::sync::Arc;

use es_persistence::Persistence;

use crate::database::SqliteDatabase;

/// The store in a SQLite file: `PERSISTENCE_MODULE=sqlite`.
///
/// The [crate's documentation](crate) has the settings.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    es_sql::persistence::<SqliteDatabase>()
}
