//! The pool of connections.
//!
//! A connection is kept for as long as it is used. One that has been idle for a while is tried before it is used again, and
//! connections beyond the pool's size are closed when they have been idle for a minute.

mod pool;

use std::{
    collections::VecDeque,
    fmt,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use sqlx::Connection as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::{sleep, timeout},
};

pub use self::pool::Pool;
use crate::{
    config::Config,
    connection::{self, Backend, Connection},
    error::Failure,
};

/// How long a connection may be idle and still be used without a try.
const TRUSTED: Duration = Duration::from_secs(15);

/// How long a try may take.
const TRY_LIMIT: Duration = Duration::from_secs(2);

/// How long a connection beyond the pool's size is kept while it is idle.
const OVERFLOW: Duration = Duration::from_mins(1);

/// After how long without an answer the server is asked, on another connection, whether it is at work on the statement.
const DOUBT: Duration = Duration::from_secs(3);

/// Connections to one database.
pub(crate) struct Connections {
    config: Config,
    /// The one that was used last is at the end.
    idle: Mutex<VecDeque<Idle>>,
    permits: Arc<Semaphore>,
    janitor: Mutex<Option<JoinHandle<()>>>,
}

/// A connection that nobody uses.
struct Idle {
    connection: Connection,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let permits = Semaphore::new(config.pool.size + config.pool.max_overflow);
        Arc::new(Self {
            config,
            idle: Mutex::default(),
            permits: Arc::new(permits),
            janitor: Mutex::default(),
        })
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// Returns how many connections there may be.
    pub(crate) const fn max_len(&self) -> usize {
        self.config.pool.size + self.config.pool.max_overflow
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an idle connection or opens one.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease, Failure> {
        let permit = self.permit().await?;
        while let Some(Idle { mut connection, since }) = self.take_idle() {
            let is_trusted = since.elapsed() < TRUSTED && !self.config.pool.pre_ping;
            if is_trusted || answers(&mut connection).await {
                return Ok(self.leased(connection, permit, true));
            }
            // All others have been idle for longer.
            self.forget_idle();
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
        permit.map_err(|_closed| Failure::closed())
    }

    fn take_idle(&self) -> Option<Idle> {
        let mut idle = self.idle();
        let max_age = self.config.pool.max_age;
        idle.retain(|idle| idle.connection.opened.elapsed() < max_age);
        idle.pop_back()
    }

    fn leased(self: &Arc<Self>, connection: Connection, permit: OwnedSemaphorePermit, is_used: bool) -> Lease {
        Lease {
            connections: Arc::clone(self),
            connection,
            is_used,
            _permit: permit,
        }
    }

    /// Waits for the answer to `ask`, which was sent to `backend`.
    ///
    /// A connection that a network has dropped silently never answers. So after some seconds the server is asked whether it is at
    /// work on the statement; if it is not, or cannot be asked, the connection counts as lost.
    pub(crate) async fn answered<T>(
        &self,
        backend: Backend,
        ask: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut ask = pin!(ask);
        let asked = Instant::now();
        loop {
            let left = self.config.answer_timeout.saturating_sub(asked.elapsed());
            match timeout(left.min(DOUBT), ask.as_mut()).await {
                Ok(answer) => return answer,
                Err(elapsed) if left <= DOUBT => return Err(elapsed.into()),
                Err(_doubtful) => {}
            }
            match select(ask.as_mut(), pin!(self.is_at_work(backend))).await {
                Either::Left((answer, _)) => return answer,
                Either::Right((true, _)) => {}
                Either::Right((false, _)) => return Err(Failure::silent()),
            }
        }
    }

    /// Asks the server, on a new connection, whether `backend` is executing a statement.
    async fn is_at_work(&self, backend: Backend) -> bool {
        let asked = async {
            let mut connection = connection::open(&self.config).await?;
            for _ in 0..2 {
                if backend.is_active(&mut connection.driver).await? {
                    return Ok(true);
                }
                // It may just have answered.
                sleep(TRY_LIMIT / 8).await;
            }
            Ok::<_, Failure>(false)
        };
        matches!(timeout(TRY_LIMIT, asked).await, Ok(Ok(true)))
    }

    /// Closes all that are idle: one of them was found dead.
    pub(crate) fn forget_idle(&self) {
        self.idle().clear();
    }

    fn keep(self: &Arc<Self>, connection: Connection) {
        let mut idle = self.idle();
        if self.permits.is_closed() {
            return;
        }
        let since = Instant::now();
        idle.push_back(Idle { connection, since });
        let is_overflowing = idle.len() > self.config.pool.size;
        drop(idle);
        if is_overflowing {
            self.start_janitor();
        }
    }

    /// Starts the task that closes connections beyond the pool's size, unless it runs.
    fn start_janitor(self: &Arc<Self>) {
        let mut janitor = self.janitor.lock().unwrap_or_else(PoisonError::into_inner);
        if janitor.as_ref().is_none_or(JoinHandle::is_finished) {
            *janitor = Some(tokio::spawn(tend(Arc::downgrade(self))));
        }
    }

    /// Closes connections beyond the pool's size that have been idle for long, and returns whether more are left.
    fn close_overflow(&self) -> bool {
        let mut idle = self.idle();
        let excess = idle.len().saturating_sub(self.config.pool.size);
        let old = idle.iter().take_while(|idle| idle.since.elapsed() >= OVERFLOW);
        let old = old.count().min(excess);
        idle.drain(..old);
        excess > old
    }

    /// Waits for the connections that are in use, closes all, and opens no others.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.max_len()).unwrap_or(u32::MAX);
        // Whoever uses one of them has a time-out.
        let unused = timeout(self.config.answer_timeout, self.permits.acquire_many(all)).await;
        self.permits.close();
        drop(unused);
        if let Some(janitor) = self.janitor.lock().unwrap_or_else(PoisonError::into_inner).take() {
            janitor.abort();
        }
        let idle = std::mem::take(&mut *self.idle());
        for Idle { connection, .. } in idle {
            // Whatever fails here, the connection is gone.
            let _closed = timeout(TRY_LIMIT, connection.driver.close()).await;
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if let Some(janitor) = self.janitor.get_mut().unwrap_or_else(PoisonError::into_inner) {
            janitor.abort();
        }
    }
}

async fn tend(connections: Weak<Connections>) {
    loop {
        sleep(OVERFLOW).await;
        if !connections
            .upgrade()
            .is_some_and(|connections| connections.close_overflow())
        {
            return;
        }
    }
}

async fn answers(connection: &mut Connection) -> bool {
    matches!(timeout(TRY_LIMIT, connection.driver.ping()).await, Ok(Ok(())))
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
    /// Returns `true` if the connection was opened for somebody else, and may have died since.
    pub(crate) const fn is_used(&self) -> bool {
        self.is_used
    }

    /// Lets others use the connection.
    pub(crate) fn give_back(self) {
        self.connections.keep(self.connection);
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
