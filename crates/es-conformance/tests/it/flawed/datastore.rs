//! Opening the flawed store.

use std::sync::Arc;

use es_persistence::{
    ApplicationRecorder, BoxFuture, Datastore, DatastoreError, Environment, Persistence, ProcessRecorder,
    SnapshotRecorder, TrackingRecorder,
};

use super::{Flaw, recorder::Flawed, unsorted::Unsorted};

#[derive(Debug)]
pub(super) struct FlawedPersistence(pub(super) Flaw);

#[derive(Debug)]
struct FlawedDatastore {
    flaw: Flaw,
    recorder: Arc<Flawed>,
    unsorted: Arc<Unsorted>,
}

impl Persistence for FlawedPersistence {
    fn module(&self) -> &'static str {
        "flawed"
    }

    fn open<'a>(&'a self, _: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        Box::pin(async {
            let datastore: Arc<dyn Datastore> = Arc::new(FlawedDatastore {
                flaw: self.0,
                recorder: Arc::new(Flawed::new(self.0)),
                unsorted: Arc::default(),
            });
            Ok(datastore)
        })
    }
}

impl Datastore for FlawedDatastore {
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder: Arc<dyn ApplicationRecorder> = match self.flaw {
                Flaw::LenientVersions => Arc::<Unsorted>::clone(&self.unsorted),
                _ => Arc::<Flawed>::clone(&self.recorder),
            };
            Ok(recorder)
        })
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder: Arc<dyn ProcessRecorder> = Arc::<Flawed>::clone(&self.recorder);
            Ok(recorder)
        })
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder: Arc<dyn TrackingRecorder> = Arc::<Flawed>::clone(&self.recorder);
            Ok(recorder)
        })
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        Box::pin(async {
            let recorder: Arc<dyn SnapshotRecorder> = Arc::<Flawed>::clone(&self.recorder);
            Ok(recorder)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
