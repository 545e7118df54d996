//! Telling other processes of what is stored, and learning of what they store.

mod link;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use es_persistence::{Waker, Wakeup};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use self::link::{Channels, Link, PING_TIMEOUT};
use crate::{config::Config, reading::Settled};

/// How soon something is noticed that nobody has told of.
const PACE: Duration = Duration::from_secs(1);

/// Who is told of what is stored.
#[derive(Clone, Debug)]
pub(crate) struct Wakers {
    events: Waker,
    tracking: Waker,
    outgoing: watch::Sender<Outgoing>,
}

/// What other processes are to be told, and what this one listens for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outgoing {
    events: Traffic,
    tracking: Traffic,
    is_closed: bool,
}

/// What is told and heard of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    /// How often there was something to tell.
    stored: u64,
    is_listening: bool,
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
            self.outgoing.send_modify(|outgoing| outgoing.events.stored += 1);
        }
        if has_tracking {
            self.tracking.wake();
            self.outgoing.send_modify(|outgoing| outgoing.tracking.stored += 1);
        }
    }

    /// Tells when there may be new events, of this process and of others.
    pub(crate) fn events(&self) -> Wakeup {
        self.listen(|outgoing| &mut outgoing.events);
        self.events.listen().at_least_every(PACE)
    }

    /// Tells when there may be new positions of upstreams, of this process and of others.
    pub(crate) fn tracking(&self) -> Wakeup {
        self.listen(|outgoing| &mut outgoing.tracking);
        self.tracking.listen().at_least_every(PACE)
    }

    fn listen(&self, traffic: impl Fn(&mut Outgoing) -> &mut Traffic) {
        self.outgoing
            .send_if_modified(|outgoing| !std::mem::replace(&mut traffic(outgoing).is_listening, true));
    }

    /// Wakes everybody who waits in this process.
    pub(crate) fn wake(&self) {
        self.events.wake();
        self.tracking.wake();
    }

    fn close(&self) {
        self.outgoing.send_modify(|outgoing| outgoing.is_closed = true);
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
    pub(crate) fn start(config: &Config, oid: i64, wakers: Wakers, settled: &Arc<Settled>) -> Self {
        let link = Link {
            config: config.clone(),
            channels: Channels::of(oid),
            outgoing: wakers.outgoing.subscribe(),
            wakers: wakers.clone(),
            settled: Arc::clone(settled),
        };
        Self {
            wakers,
            task: Mutex::new(Some(tokio::spawn(link.run()))),
        }
    }

    /// Ends the task.
    pub(crate) async fn stop(&self) {
        self.wakers.close();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It has nothing to say.
            let _ended = timeout(PING_TIMEOUT, task).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.wakers.close();
    }
}
