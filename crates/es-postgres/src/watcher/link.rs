//! The connection to other processes.
//!
//! It is apart from those that store: a transaction that notifies makes all others wait for it. What comes at once is told
//! once. Whoever misses it asks again at a slow pace.

use std::{sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Executor as _,
    postgres::{PgListener, PgNotification, PgPoolOptions},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Outgoing, Wakers};
use crate::{config::Config, connection, error::Failure, reading::Settled};

/// The least time between two rounds of telling.
const NOTIFY_PACE: Duration = Duration::from_millis(10);

/// How often a silent connection is asked whether it is alive, and how long it may take to say so.
const PING_PACE: Duration = Duration::from_secs(30);
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Between attempts to connect.
const RETRY_PACE: Duration = Duration::from_millis(500);

/// After how long readers look again for events that an earlier append holds back; twice as long each time, for so many
/// times, and then at the slow pace of all.
const HELD_PACE: Duration = Duration::from_millis(10);
const HELD_TIMES: u32 = 6;

/// What is told of one application, by names that hold for its tables alone.
pub(super) struct Channels {
    /// Says up to which position events were stored.
    events: String,
    /// Says nothing.
    tracking: String,
}

impl Channels {
    pub(super) fn of(oid: i64) -> Self {
        Self {
            events: format!("es_events_{oid}"),
            tracking: format!("es_tracking_{oid}"),
        }
    }
}

pub(super) struct Link {
    pub(super) config: Config,
    pub(super) channels: Channels,
    pub(super) outgoing: watch::Receiver<Outgoing>,
    pub(super) wakers: Wakers,
    pub(super) settled: Arc<Settled>,
}

/// The link is at its end.
struct Closed;

impl Link {
    pub(super) async fn run(mut self) {
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
    async fn serve(&mut self) -> Result<Closed, Failure> {
        let mut line = Line::open(&self.config).await?;
        // What was stored before the connection was there has not been told.
        self.outgoing.mark_changed();
        let mut held = Held::default();
        loop {
            tokio::select! {
                heard = line.listener.try_recv() => {
                    self.hear(&line, &heard?.ok_or(sqlx::Error::WorkerCrashed)?);
                    held = Held::default();
                }
                outgoing = next(&mut self.outgoing, line.notified + NOTIFY_PACE) => {
                    let Some(outgoing) = outgoing.filter(|outgoing| !outgoing.is_closed) else { return Ok(Closed) };
                    self.listen(&mut line, outgoing).await?;
                    self.tell(&mut line, outgoing).await?;
                    line.done = outgoing;
                    held = Held::default();
                }
                () = held.wait(&self.settled) => self.wakers.events.wake(),
                () = sleep(PING_PACE) => line.say("SELECT 1".to_owned()).await?,
            }
        }
    }

    fn hear(&self, line: &Line, heard: &PgNotification) {
        if heard.process_id() == line.own.unsigned_abs() {
            return;
        }
        if heard.channel() == self.channels.tracking {
            return self.wakers.tracking.wake();
        }
        if let Ok(position) = heard.payload().parse() {
            self.settled.heard(position);
        }
        self.wakers.events.wake();
    }

    /// Begins to listen. What was stored before was not told to this process.
    async fn listen(&self, line: &mut Line, outgoing: Outgoing) -> Result<(), sqlx::Error> {
        if outgoing.events.is_listening && !line.done.events.is_listening {
            line.listener.listen(&self.channels.events).await?;
            self.wakers.events.wake();
        }
        if outgoing.tracking.is_listening && !line.done.tracking.is_listening {
            line.listener.listen(&self.channels.tracking).await?;
            self.wakers.tracking.wake();
        }
        Ok(())
    }

    async fn tell(&self, line: &mut Line, outgoing: Outgoing) -> Result<(), sqlx::Error> {
        let mut told = Vec::new();
        if outgoing.events.stored > line.done.events.stored {
            let stored = self.settled.last_stored();
            told.push(format!("NOTIFY {}, '{stored}'", self.channels.events));
        }
        if outgoing.tracking.stored > line.done.tracking.stored {
            told.push(format!("NOTIFY {}", self.channels.tracking));
        }
        if told.is_empty() {
            return Ok(());
        }
        line.notified = Instant::now();
        line.say(told.join("; ")).await
    }
}

/// The connection, and what has been done by it.
struct Line {
    listener: PgListener,
    /// The server's process, which hears itself.
    own: i32,
    done: Outgoing,
    notified: Instant,
}

impl Line {
    async fn open(config: &Config) -> Result<Self, Failure> {
        let options = connection::options(config).await?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(config.connect_timeout)
            .connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        let own = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut listener)
            .await?;
        // A notification is a transaction with nothing to keep: it need not wait for the disk.
        listener.execute("SET synchronous_commit = off").await?;
        Ok(Self {
            listener,
            own,
            done: Outgoing::default(),
            notified: Instant::now(),
        })
    }

    async fn say(&mut self, statement: String) -> Result<(), sqlx::Error> {
        let said = timeout(PING_TIMEOUT, self.listener.execute(AssertSqlSafe(statement))).await;
        said.map_err(|elapsed| sqlx::Error::Io(elapsed.into()))?.map(drop)
    }
}

/// Events are stored that nobody may read yet, because an earlier append is open. Its end is told by nobody when it is that
/// of a user's own transaction, or of a process that was killed.
#[derive(Default)]
struct Held {
    times: u32,
    again: Option<Instant>,
}

impl Held {
    /// Waits until readers may look again.
    async fn wait(&mut self, settled: &Settled) {
        let again = if let Some(again) = self.again {
            again
        } else {
            settled.is_behind().await;
            *self.again.insert(Instant::now() + HELD_PACE * (1 << self.times))
        };
        sleep_until(again).await;
        self.again = None;
        self.times = HELD_TIMES.min(self.times + 1);
    }
}

/// Waits until there is something to tell, and the time has come to tell it.
async fn next(outgoing: &mut watch::Receiver<Outgoing>, at: Instant) -> Option<Outgoing> {
    sleep_until(at).await;
    outgoing.changed().await.ok()?;
    Some(*outgoing.borrow_and_update())
}
