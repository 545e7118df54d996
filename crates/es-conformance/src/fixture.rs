//! The open, empty store that a case is given.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use es_persistence::{
    ApplicationRecorder, Datastore, DatastoreError, DecisionRecorder, Environment, Persistence, ProcessRecorder,
    SnapshotRecorder, TrackingRecorder,
};
use tokio::time;

use crate::{Backend, FreshStore, Part, backend::Remove};

/// A store that was empty when it was opened.
pub(crate) struct Fixture {
    persistence: Arc<dyn Persistence>,
    environment: Environment,
    patience: Duration,
    parts: Vec<Part>,
    first: Opened,
    opened: Mutex<Vec<Arc<dyn Datastore>>>,
}

/// One opening of the store.
#[derive(Clone)]
pub(crate) struct Opened(Arc<dyn Datastore>);

impl Fixture {
    /// Opens a fresh store of `backend`.
    pub(crate) async fn new(backend: &dyn Backend) -> Result<(Self, Remove), Box<dyn Error + Send + Sync>> {
        let FreshStore {
            persistence,
            environment,
            remove,
        } = backend.fresh().await?;
        let first = persistence.open(&environment).await?;
        let opened = Mutex::new(vec![Arc::clone(&first)]);
        let parts = Part::ALL.into_iter().filter(|part| backend.supports(*part)).collect();
        let patience = backend.patience();
        Ok((
            Self {
                persistence,
                environment,
                patience,
                parts,
                first: Opened(first),
                opened,
            },
            remove,
        ))
    }

    /// Returns `true` if the backend supports `part`.
    pub(crate) fn supports(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    pub(crate) async fn application(&self) -> Arc<dyn ApplicationRecorder> {
        self.first.application().await
    }

    pub(crate) async fn process(&self) -> Arc<dyn ProcessRecorder> {
        self.first.process().await
    }

    pub(crate) async fn tracking(&self) -> Arc<dyn TrackingRecorder> {
        self.first.tracking().await
    }

    pub(crate) async fn decisions(&self) -> Arc<dyn DecisionRecorder> {
        self.first.decisions().await
    }

    pub(crate) async fn snapshots(&self) -> Arc<dyn SnapshotRecorder> {
        self.first.snapshots().await
    }

    /// Opens the same store once more.
    pub(crate) async fn open(&self) -> Opened {
        let datastore = self.persistence.open(&self.environment).await;
        let datastore = datastore.unwrap_or_else(|error| panic!("the store does not open again: {error}"));
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&datastore));
        Opened(datastore)
    }

    /// Closes every opening of the store.
    pub(crate) async fn close(&self) {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        for datastore in opened {
            self.within("the store is closed", datastore.close()).await;
        }
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(&self) -> Opened {
        self.close().await;
        self.open().await
    }

    /// Waits for `future`. The case fails if it is not ready within the patience of the backend.
    pub(crate) async fn within<F: Future>(&self, what: &str, future: F) -> F::Output {
        let awaited = time::timeout(self.patience, future).await;
        awaited.unwrap_or_else(|_elapsed| panic!("waited {:?} in vain until {what}", self.patience))
    }
}

impl Opened {
    pub(crate) async fn application(&self) -> Arc<dyn ApplicationRecorder> {
        made(self.0.application_recorder().await)
    }

    pub(crate) async fn process(&self) -> Arc<dyn ProcessRecorder> {
        made(self.0.process_recorder().await)
    }

    pub(crate) async fn tracking(&self) -> Arc<dyn TrackingRecorder> {
        made(self.0.tracking_recorder().await)
    }

    pub(crate) async fn decisions(&self) -> Arc<dyn DecisionRecorder> {
        made(self.0.decision_recorder().await)
    }

    pub(crate) async fn snapshots(&self) -> Arc<dyn SnapshotRecorder> {
        made(self.0.snapshot_recorder().await)
    }
}

fn made<R>(recorder: Result<R, DatastoreError>) -> R {
    recorder.unwrap_or_else(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        panic!("the store gives no recorder: {error}{cause}")
    })
}
