//! Learning that a remote log has grown: one request waits at the server while anybody waits here.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use es_persistence::{Waker, Wakeup};
use tokio::{runtime::Handle, sync::Notify, task::JoinSet, time};

use super::{RemoteError, retry::Backoff, transport::Transport};
use crate::wire::Last;

/// Wakes whoever waits for the log to grow.
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    /// The task; dropped, it ends.
    task: Mutex<JoinSet<()>>,
}

struct Shared {
    transport: Arc<Transport>,
    waker: Waker,
    awaited: Notify,
}

/// How long a request waits at the server.
const WAIT: Duration = Duration::from_secs(25);

/// How often those who wait look by themselves.
const PACE: Duration = Duration::from_secs(30);

impl Watcher {
    pub(crate) fn new(transport: Arc<Transport>) -> Self {
        let shared = Shared {
            transport,
            waker: Waker::new(),
            awaited: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
            task: Mutex::default(),
        }
    }

    pub(crate) fn wakeup(&self) -> Wakeup {
        let wakeup = self.shared.waker.listen().at_least_every(PACE);
        self.shared.awaited.notify_one();
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        // The task of a runtime that has ended is gone; outside of a runtime nobody can wait.
        while task.try_join_next().is_some() {}
        if task.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            task.spawn_on(Arc::clone(&self.shared).run(), &runtime);
        }
        wakeup
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        let mut backoff = Backoff::new();
        let mut known = None;
        loop {
            if !self.waker.is_awaited() {
                self.awaited.notified().await;
                known = None;
            }
            match last(&self.transport, known, WAIT).await {
                Ok(last) => {
                    backoff = Backoff::new();
                    if known.replace(last.position.unwrap_or(0)) != Some(last.position.unwrap_or(0)) {
                        self.waker.wake();
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "the last position cannot be read");
                    time::sleep(backoff.next(error.retry_after())).await;
                }
            }
        }
    }
}

/// Asks for the last position. With `known`, the server answers when it is another one, or after `wait`.
pub(crate) async fn last(transport: &Transport, known: Option<u64>, wait: Duration) -> Result<Last, RemoteError> {
    let mut url = transport.base.join("log/last");
    let wait = match known {
        None => Duration::ZERO,
        Some(known) => {
            let query = [("after", known), ("wait", wait.as_secs())];
            url.query_pairs_mut()
                .extend_pairs(query.map(|(name, value)| (name, value.to_string())));
            wait
        }
    };
    let body = transport.get(url, wait).await?;
    let last: Last = serde_json::from_slice(&body)?;
    match last.position {
        Some(position) if i64::try_from(position).is_err() => Err(super::Fault::Position.into()),
        _ => Ok(last),
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("is_awaited", &self.shared.waker.is_awaited())
            .finish_non_exhaustive()
    }
}
