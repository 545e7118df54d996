//! Telling other processes of what is stored, and learning of what they store.
//!
//! Both by one connection, apart from those that store: a transaction that notifies makes all others wait for it. What is
//! told has no content, and what comes at once is told once. Whoever misses it asks again at a slow pace.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use es_persistence::{Waker, Wakeup};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::config::Config;

/// How soon something is noticed that nobody has told of.
const EVENTS_PACE: Duration = Duration::from_secs(1);
const TRACKING_PACE: Duration = Duration::from_millis(200);

/// The least time between two notifications.
const NOTIFY_PACE: Duration = Duration::from_millis(10);

/// How often a silent connection is asked whether it is alive, and how long it may take to say so.
const PING_PACE: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Between attempts to connect.
const RETRY_PACE: Duration = Duration::from_millis(500);

/// Who is told of what is stored.
#[derive(Clone, Debug)]
pub(crate) struct Wakers {
    events: Waker,
    tracking: Waker,
    /// How often there was something to listen for or to tell.
    outgoing: watch::Sender<Outgoing>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outgoing {
    stored: u64,
    is_listening: bool,
    is_closed: bool,
}

impl Wakers {
    pub(crate) fn new() -> Self {
        Self {
            events: Waker::new(),
            tracking: Waker::new(),
            outgoing: watch::Sender::default(),
        }
    }

    /// Tells everybody of what was stored, or may have been; also of what was not, when others had to wait for it.
    pub(crate) fn stored(&self, has_events: bool, has_tracking: bool) {
        if has_events {
            self.events.wake();
            self.outgoing.send_modify(|outgoing| outgoing.stored += 1);
        }
        if has_tracking {
            self.tracking.wake();
        }
    }

    /// Tells when there may be new events, of this process and of others.
    pub(crate) fn events(&self) -> Wakeup {
        self.outgoing
            .send_if_modified(|outgoing| !std::mem::replace(&mut outgoing.is_listening, true));
        self.events.listen().at_least_every(EVENTS_PACE)
    }

    /// Tells when there may be new positions of upstreams.
    pub(crate) fn tracking(&self) -> Wakeup {
        self.tracking.listen().at_least_every(TRACKING_PACE)
    }
}

/// The task that tells other processes, and is told by them.
#[derive(Debug)]
pub(crate) struct Watcher {
    wakers: Wakers,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Watcher {
    /// Starts the task on the runtime of the caller. It connects when there is something to tell or to learn.
    pub(crate) fn start(config: &Config, oid: i64, wakers: Wakers) -> Self {
        let outgoing = wakers.outgoing.subscribe();
        let link = Link {
            config: config.clone(),
            channel: format!("es_events_{oid}"),
            events: wakers.events.clone(),
            outgoing,
        };
        Self {
            wakers,
            task: Mutex::new(Some(tokio::spawn(link.run()))),
        }
    }

    /// Ends the task.
    pub(crate) async fn stop(&self) {
        self.wakers.outgoing.send_modify(|outgoing| outgoing.is_closed = true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It has nothing to say.
            let _ended = timeout(PING_TIMEOUT, task).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.wakers.outgoing.send_modify(|outgoing| outgoing.is_closed = true);
    }
}

/// The connection to other processes.
struct Link {
    config: Config,
    channel: String,
    events: Waker,
    outgoing: watch::Receiver<Outgoing>,
}

/// The link is at its end.
struct Closed;

impl Link {
    async fn run(mut self) {
        let is_needed = |outgoing: &Outgoing| *outgoing != Outgoing::default();
        if self.outgoing.wait_for(is_needed).await.is_err() {
            return;
        }
        while !self.outgoing.borrow().is_closed {
            if let Ok(Closed) = self.serve().await {
                return;
            }
            let closed = self.outgoing.wait_for(|outgoing| outgoing.is_closed);
            if timeout(RETRY_PACE, closed).await.is_ok() {
                return;
            }
        }
    }

    /// Connects, and tells and listens until the connection is lost.
    async fn serve(&mut self) -> Result<Closed, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(self.config.connect_timeout)
            .connect_lazy_with(self.config.server.options().clone().disable_statement_logging());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut listener)
            .await?;
        let mut is_listening = false;
        let mut notified = Instant::now();
        // What was stored before the connection was there has not been told.
        self.outgoing.mark_changed();
        loop {
            tokio::select! {
                told = listener.try_recv() => match told? {
                    Some(told) if told.process_id() == own.unsigned_abs() => {}
                    Some(_) => self.events.wake(),
                    None => return Err(sqlx::Error::WorkerCrashed),
                },
                outgoing = next(&mut self.outgoing, notified + NOTIFY_PACE) => {
                    let Some(outgoing) = outgoing.filter(|outgoing| !outgoing.is_closed) else { return Ok(Closed) };
                    if outgoing.is_listening && !is_listening {
                        listener.listen(&self.channel).await?;
                        is_listening = true;
                        // What was stored before was not told to this process.
                        self.events.wake();
                    }
                    if outgoing.stored > 0 {
                        notified = Instant::now();
                        say(&mut listener, format!("NOTIFY {}", self.channel)).await?;
                    }
                }
                () = sleep(PING_PACE) => say(&mut listener, "SELECT 1".to_owned()).await?,
            }
        }
    }
}

/// Waits until there is something to tell, and the time has come to tell it.
async fn next(outgoing: &mut watch::Receiver<Outgoing>, at: Instant) -> Option<Outgoing> {
    sleep_until(at).await;
    outgoing.changed().await.ok()?;
    Some(*outgoing.borrow_and_update())
}

async fn say(listener: &mut PgListener, statement: String) -> Result<(), sqlx::Error> {
    let said = timeout(PING_TIMEOUT, listener.execute(AssertSqlSafe(statement))).await;
    said.map_err(|elapsed| sqlx::Error::Io(elapsed.into()))?.map(drop)
}
