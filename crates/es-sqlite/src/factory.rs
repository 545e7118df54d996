//! From the environment to the recorder.

use std::sync::Arc;

use es_persistence::{
    ApplicationRecorder, BoxFuture, Datastore, DatastoreError, Environment, Operation, Persistence, RecorderError,
    RecorderErrorKind, sql::SqlName,
};
use tokio::sync::OnceCell;

use crate::{STORE, config::Config, recorder::SqliteRecorder};

/// The store in a SQLite file: `PERSISTENCE_MODULE=sqlite`.
///
/// The [crate's documentation](crate) has the settings.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    Arc::new(SqlitePersistence)
}

#[derive(Debug)]
struct SqlitePersistence;

impl Persistence for SqlitePersistence {
    fn module(&self) -> &'static str {
        "sqlite"
    }

    fn open<'a>(&'a self, environment: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let datastore: Arc<dyn Datastore> = Arc::new(SqliteDatastore::from_environment(environment)?);
            Ok(datastore)
        })
    }
}

#[derive(Debug)]
struct SqliteDatastore {
    application: SqlName,
    config: Config,
    recorder: OnceCell<Arc<SqliteRecorder>>,
}

impl SqliteDatastore {
    fn from_environment(environment: &Environment) -> Result<Self, DatastoreError> {
        let application = SqlName::of_application(environment.name()).map_err(|error| {
            RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error)
        })?;
        Ok(Self { application, config: Config::from_environment(environment)?, recorder: OnceCell::new() })
    }

    async fn open_recorder(&self) -> Result<Arc<SqliteRecorder>, DatastoreError> {
        let recorder = SqliteRecorder::open(self.config.clone(), &self.application).await?;
        Ok(Arc::new(recorder))
    }
}

impl Datastore for SqliteDatastore {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder = self.recorder.get_or_try_init(|| self.open_recorder()).await?;
            let recorder: Arc<dyn ApplicationRecorder> = Arc::<SqliteRecorder>::clone(recorder);
            Ok(recorder)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some(recorder) = self.recorder.get() {
                recorder.close().await;
            }
        })
    }
}
