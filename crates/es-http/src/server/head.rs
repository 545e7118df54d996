//! How far the log has come: one task asks for all that wait.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use es_persistence::ReadableLog;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time,
};

/// The position of the last event, as one task sees it while anybody waits for it to grow.
///
/// A thousand waiting requests cost one read of the store at each event, not a thousand.
pub(crate) struct Head {
    state: Arc<State>,
    /// Is there once anybody has waited.
    task: OnceLock<JoinHandle<()>>,
}

struct State {
    log: Arc<dyn ReadableLog>,
    /// `None` if nobody waits, and until it was read.
    position: watch::Sender<Option<u64>>,
    awaited: Notify,
}

/// How long the task waits before it reads again after an error.
const PAUSE: Duration = Duration::from_secs(1);

impl Head {
    pub(crate) fn new(log: Arc<dyn ReadableLog>) -> Self {
        let state = State {
            log,
            position: watch::Sender::new(None),
            awaited: Notify::new(),
        };
        Self {
            state: Arc::new(state),
            task: OnceLock::new(),
        }
    }

    /// Follows the position.
    pub(crate) fn follow(&self) -> watch::Receiver<Option<u64>> {
        let receiver = self.state.position.subscribe();
        self.state.awaited.notify_one();
        self.task.get_or_init(|| tokio::spawn(Arc::clone(&self.state).run()));
        receiver
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl State {
    async fn run(self: Arc<Self>) {
        loop {
            self.awaited.notified().await;
            tokio::select! {
                () = self.read() => {}
                () = self.position.closed() => {}
            }
            // What is known now is old by the time that somebody waits again.
            self.position.send_replace(None);
        }
    }

    /// Reads the position whenever it may have grown.
    async fn read(&self) {
        let mut wakeup = self.log.wakeup();
        loop {
            match self.log.max_position().await {
                Ok(last) => {
                    let last = Some(last.unwrap_or(0));
                    self.position
                        .send_if_modified(|known| std::mem::replace(known, last) != last);
                    wakeup.wait().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the last position cannot be read");
                    time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("position", &*self.state.position.borrow())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use es_persistence::{AggregateRecorder as _, MemoryRecorder, StoredEvent, Timestamp};
    use uuid::Uuid;

    use super::*;

    async fn store(log: &MemoryRecorder, version: u64) {
        let event = StoredEvent::new("fido".into(), version, "Dog.Walked", Vec::new());
        let event = event.with_stamp(Uuid::from_u128(version.into()), Timestamp::UNIX_EPOCH);
        log.insert_events(vec![event]).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_waits_hears_of_the_next_event_however_often_nobody_waited_before() {
        let log = Arc::new(MemoryRecorder::new());
        let head = Head::new(Arc::clone(&log) as _);
        for version in 1..20 {
            let (mut one, mut other) = (head.follow(), head.follow());
            store(&log, version).await;
            one.wait_for(|last| *last == Some(version)).await.unwrap();
            other.wait_for(|last| *last == Some(version)).await.unwrap();
            drop((one, other));
            if version % 2 == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}
