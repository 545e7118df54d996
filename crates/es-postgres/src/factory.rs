//! From the environment to the recorder.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Datastore, DatastoreError, Environment, Operation, Persistence,
    ProcessRecorder, RecorderError, RecorderErrorKind, TrackingRecorder, sql::SqlName,
};
use tokio::sync::OnceCell;

use crate::{STORE, config::Config, database::Database, recorder::PostgresRecorder, snapshots::PostgresSnapshots};

/// The store in a PostgreSQL database: `PERSISTENCE_MODULE=postgres`.
///
/// The [crate's documentation](crate) has the settings.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    Arc::new(PostgresPersistence)
}

#[derive(Debug)]
struct PostgresPersistence;

impl Persistence for PostgresPersistence {
    fn module(&self) -> &'static str {
        "postgres"
    }

    fn open<'a>(&'a self, environment: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let datastore: Arc<dyn Datastore> = Arc::new(PostgresDatastore::from_environment(environment)?);
            Ok(datastore)
        })
    }
}

#[derive(Debug)]
struct PostgresDatastore {
    application: SqlName,
    config: Config,
    database: OnceCell<Arc<Database>>,
}

impl PostgresDatastore {
    fn from_environment(environment: &Environment) -> Result<Self, DatastoreError> {
        let application = SqlName::of_application(environment.name()).map_err(|error| {
            RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error)
        })?;
        Ok(Self {
            application,
            config: Config::from_environment(environment)?,
            database: OnceCell::new(),
        })
    }

    /// The database, opened when the first recorder is asked for.
    async fn database(&self) -> Result<Arc<Database>, DatastoreError> {
        let open = || async {
            Database::open(self.config.clone(), &self.application)
                .await
                .map(Arc::new)
        };
        Ok(Arc::clone(self.database.get_or_try_init(open).await?))
    }

    async fn recorder(&self) -> Result<Arc<PostgresRecorder>, DatastoreError> {
        Ok(Arc::new(PostgresRecorder::new(self.database().await?)))
    }
}

impl Datastore for PostgresDatastore {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn ApplicationRecorder>) })
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn ProcessRecorder>) })
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn TrackingRecorder>) })
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn AggregateRecorder>, DatastoreError>> {
        Box::pin(async {
            let snapshots: Arc<dyn AggregateRecorder> = Arc::new(PostgresSnapshots::new(self.database().await?));
            Ok(snapshots)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some(database) = self.database.get() {
                database.close().await;
            }
        })
    }
}
