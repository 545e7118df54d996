//! Who reads: by any connection, and again by a new one when that was dead.

mod loads;

use std::sync::Arc;

use es_persistence::{Operation, RecorderError};
use es_sql::group_commit::detached;
use tokio::{runtime::Handle, sync::Semaphore};

pub(crate) use self::loads::{LOADERS, Loader};
use crate::{
    connections::{Connections, Lease},
    error::Failure,
    reading::Reading,
};

/// How many reads may go on at once, those that wait for a connection among them.
const READS: u32 = 1 << 20;

/// Reads by the connections of the application.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    connections: Arc<Connections>,
    runtime: Handle,
    reads: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(connections: Arc<Connections>, runtime: Handle) -> Self {
        Self {
            connections,
            runtime,
            reads: Arc::new(Semaphore::new(READS as usize)),
        }
    }

    /// Reads all of `reading`.
    pub(crate) async fn read<R: Reading>(&self, operation: Operation, reading: R) -> Result<R::Output, RecorderError> {
        let readers = self.clone();
        let read = detached(&self.runtime, async move {
            let _read = readers.reads.acquire().await.map_err(|_closed| Failure::closed())?;
            readers.try_to_read(&reading).await
        });
        let read = read.await.unwrap_or_else(|ended| Err(Failure::ended(ended)));
        read.map_err(|failure| failure.into_error(operation))
    }

    /// Waits for the reads that are running, and refuses later ones.
    pub(crate) async fn close(&self) {
        let running = self.reads.acquire_many(READS).await;
        self.reads.close();
        drop(running);
    }

    pub(crate) async fn try_to_read<R: Reading>(&self, reading: &R) -> Result<R::Output, Failure> {
        let lease = self.connections.lease().await?;
        let is_used = lease.is_used();
        match self.read_by(lease, reading).await {
            // It may have died while nobody used it.
            Err(failure) if failure.is_lost() && is_used => {
                self.connections.forget_idle();
                self.read_by(self.connections.lease_new().await?, reading).await
            }
            outcome => outcome,
        }
    }

    async fn read_by<R: Reading>(&self, mut lease: Lease, reading: &R) -> Result<R::Output, Failure> {
        let backend = lease.backend;
        let read = self.connections.answered(backend, reading.read(&mut lease)).await;
        if read.is_ok() {
            lease.give_back();
        }
        read
    }
}
