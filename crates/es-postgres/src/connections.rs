//! Connections that are opened when they are needed, and kept.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::Connection as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    config::Config,
    connection::{self, Connection},
    error::Failure,
};

/// The connections of one application in this process.
pub(crate) struct Connections {
    config: Config,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Connections {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let permits = Semaphore::new(config.pool.size + config.pool.max_overflow);
        Arc::new(Self {
            config,
            idle: Mutex::default(),
            permits: Arc::new(permits),
        })
    }

    /// How many connections there may be.
    pub(crate) const fn max_len(&self) -> usize {
        self.config.pool.size + self.config.pool.max_overflow
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an idle connection or opens one.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease, Failure> {
        let permit = self.permit().await?;
        while let Some(mut connection) = self.take_idle() {
            if !self.config.pool.pre_ping || self.answers(&mut connection).await {
                return Ok(self.leased(connection, permit, true));
            }
        }
        let connection = connection::open(&self.config).await?;
        Ok(self.leased(connection, permit, false))
    }

    /// Opens a connection, though others may be idle.
    pub(crate) async fn lease_new(self: &Arc<Self>) -> Result<Lease, Failure> {
        let permit = self.permit().await?;
        let connection = connection::open(&self.config).await?;
        Ok(self.leased(connection, permit, false))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = timeout(self.config.connect_timeout, permit).await.map_err(|elapsed| {
            let cause = format!(
                "all {} connections are in use ({elapsed}): see POSTGRES_POOL_SIZE",
                self.max_len()
            );
            Failure::crowded(cause)
        })?;
        permit.map_err(|_closed| Failure::crowded("the store is closed"))
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        let max_age = self.config.pool.max_age;
        idle.retain(|connection| connection.opened.elapsed() < max_age);
        idle.pop()
    }

    async fn answers(&self, connection: &mut Connection) -> bool {
        matches!(
            timeout(self.config.connect_timeout, connection.driver.ping()).await,
            Ok(Ok(()))
        )
    }

    fn leased(self: &Arc<Self>, connection: Connection, permit: OwnedSemaphorePermit, is_used: bool) -> Lease {
        Lease {
            connections: Arc::clone(self),
            connection,
            is_used,
            _permit: permit,
        }
    }

    /// Closes all that are idle: one of them was found dead.
    pub(crate) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Closes the connections that nobody is using, and opens no others.
    pub(crate) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // Whatever fails here, the connection is gone.
            let _closed = timeout(self.config.connect_timeout, connection.driver.close()).await;
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// A connection in use. It is closed when this is dropped: only who has had an answer to the last statement
/// [gives it back](Self::give_back).
#[derive(Debug)]
pub(crate) struct Lease {
    connections: Arc<Connections>,
    connection: Connection,
    is_used: bool,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Whether it was opened for somebody else, and may have died since.
    pub(crate) const fn is_used(&self) -> bool {
        self.is_used
    }

    /// Lets others use the connection.
    pub(crate) fn give_back(self) {
        let mut idle = self.connections.idle();
        if idle.len() < self.connections.config.pool.size && !self.connections.permits.is_closed() {
            idle.push(self.connection);
        }
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
