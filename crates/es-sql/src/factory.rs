//! From the environment to the recorders.

use std::{fmt, sync::Arc};

use futures_core::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::{Database, SqlName, recorder::SqlRecorder};
use es_persistence::{
    ApplicationRecorder, Datastore, DatastoreError, DecisionRecorder, Environment, EnvironmentError, Operation,
    Persistence, ProcessRecorder, RecorderError, RecorderErrorKind, SnapshotRecorder, TrackingRecorder,
};

/// The store whose databases are `D`s.
#[must_use]
pub fn persistence<D: Database>() -> Arc<dyn Persistence> {
    persistence_with::<D>(D::configure)
}

/// As [`persistence`], with `configure` in place of [`Database::configure`]: for what no environment can say.
#[must_use]
pub fn persistence_with<D: Database>(
    configure: impl Fn(&Environment) -> Result<D::Config, EnvironmentError> + Send + Sync + 'static,
) -> Arc<dyn Persistence> {
    Arc::new(SqlPersistence::<D> {
        configure: Box::new(configure),
    })
}

struct SqlPersistence<D: Database> {
    configure: Box<Configure<D>>,
}

type Configure<D> = dyn Fn(&Environment) -> Result<<D as Database>::Config, EnvironmentError> + Send + Sync;

impl<D: Database> fmt::Debug for SqlPersistence<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Persistence").field(&D::MODULE).finish()
    }
}

impl<D: Database> Persistence for SqlPersistence<D> {
    fn module(&self) -> &'static str {
        D::MODULE
    }

    fn open<'a>(&'a self, environment: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let application = SqlName::of_application(environment.name()).map_err(|error| {
                RecorderError::new(D::STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error)
            })?;
            let datastore: Arc<dyn Datastore> = Arc::new(SqlDatastore::<D> {
                application,
                config: (self.configure)(environment)?,
                database: OnceCell::new(),
            });
            Ok(datastore)
        })
    }
}

#[derive(Debug)]
struct SqlDatastore<D: Database> {
    application: SqlName,
    config: D::Config,
    database: OnceCell<Arc<D>>,
}

impl<D: Database> SqlDatastore<D> {
    /// The database, opened when the first recorder is asked for.
    async fn database(&self) -> Result<Arc<D>, DatastoreError> {
        let open = || async { D::open(self.config.clone(), &self.application).await.map(Arc::new) };
        Ok(Arc::clone(self.database.get_or_try_init(open).await?))
    }

    async fn recorder(&self) -> Result<Arc<SqlRecorder<D>>, DatastoreError> {
        Ok(Arc::new(SqlRecorder(self.database().await?)))
    }
}

impl<D: Database> Datastore for SqlDatastore<D> {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn ApplicationRecorder>) })
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn ProcessRecorder>) })
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn TrackingRecorder>) })
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        Box::pin(async { Ok(self.recorder().await? as Arc<dyn SnapshotRecorder>) })
    }

    fn decision_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn DecisionRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder = self.recorder().await?;
            recorder.0.prepare_tags().await?;
            Ok(recorder as Arc<dyn DecisionRecorder>)
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
