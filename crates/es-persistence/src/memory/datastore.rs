//! The store that is there without any setting.

use std::{future, sync::Arc};

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;

use super::MemoryRecorder;
use crate::{
    ApplicationRecorder, Datastore, DatastoreError, DecisionRecorder, Environment, Persistence, ProcessRecorder,
    SnapshotRecorder, TrackingRecorder,
};

/// The store in memory: `PERSISTENCE_MODULE=memory`. Each application that is opened has its own.
#[must_use]
pub fn factory() -> Arc<dyn Persistence> {
    Arc::new(MemoryPersistence)
}

#[derive(Debug)]
struct MemoryPersistence;

impl Persistence for MemoryPersistence {
    fn module(&self) -> &'static str {
        super::STORE
    }

    fn open<'a>(&'a self, _: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        let store: Arc<dyn Datastore> = Arc::new(MemoryDatastore::default());
        future::ready(Ok(store)).boxed()
    }
}

#[derive(Debug, Default)]
struct MemoryDatastore {
    recorder: Arc<MemoryRecorder>,
}

impl Datastore for MemoryDatastore {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        let recorder: Arc<dyn ApplicationRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        future::ready(Ok(recorder)).boxed()
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        let recorder: Arc<dyn ProcessRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        future::ready(Ok(recorder)).boxed()
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        let recorder: Arc<dyn TrackingRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        future::ready(Ok(recorder)).boxed()
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        let recorder: Arc<dyn SnapshotRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        future::ready(Ok(recorder)).boxed()
    }

    fn decision_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn DecisionRecorder>, DatastoreError>> {
        let recorder: Arc<dyn DecisionRecorder> = Arc::<MemoryRecorder>::clone(&self.recorder);
        future::ready(Ok(recorder)).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        future::ready(()).boxed()
    }
}
