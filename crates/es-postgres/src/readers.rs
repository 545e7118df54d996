//! Who reads: by any connection, and again by a new one when that was dead.

use std::sync::Arc;

use es_persistence::{Operation, RecorderError};
use es_sql::group_commit::detached;
use tokio::{runtime::Handle, time::timeout};

use crate::{
    config::Config,
    connections::{Connections, Lease},
    error::Failure,
    reading::Reading,
};

/// Reads by the connections of the application.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    config: Config,
    connections: Arc<Connections>,
    runtime: Handle,
}

impl Readers {
    pub(crate) const fn new(config: Config, connections: Arc<Connections>, runtime: Handle) -> Self {
        Self {
            config,
            connections,
            runtime,
        }
    }

    /// Reads all of `reading`.
    pub(crate) async fn read<R: Reading>(&self, operation: Operation, reading: R) -> Result<R::Output, RecorderError> {
        let readers = self.clone();
        let read = detached(&self.runtime, async move { readers.try_to_read(&reading).await }).await;
        let read = read.unwrap_or_else(|ended| Err(Failure::unreached(ended)));
        read.map_err(|failure| failure.into_error(operation))
    }

    async fn try_to_read<R: Reading>(&self, reading: &R) -> Result<R::Output, Failure> {
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
        let read = timeout(self.config.answer_timeout, reading.read(&mut lease)).await?;
        if read.is_ok() {
            lease.give_back();
        }
        read
    }
}
