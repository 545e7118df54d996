//! Learning of what other processes store in the file.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::Connection;
use tokio::{
    runtime::Handle,
    task::JoinHandle,
    time::{Interval, MissedTickBehavior},
};

use crate::{config::Config, connection, error::Failure, writer::Wakers};

/// How soon the commit of another process is noticed.
const PACE: Duration = Duration::from_millis(50);

/// A task that asks the file whether it has changed, while somebody wants to know.
///
/// The question is a pragma that reads a few bytes of shared memory.
#[derive(Debug)]
pub(crate) struct Watcher(Mutex<Option<JoinHandle<()>>>);

impl Watcher {
    /// Starts the task on `runtime`, which is the caller's and has to be one with timers.
    pub(crate) fn start(runtime: &Handle, config: Config, wakers: Wakers) -> Self {
        // Made here and not in the task, where its panic would be seen by nobody.
        let pace = tokio::time::interval(PACE);
        Self(Mutex::new(Some(runtime.spawn(watch(config, wakers, pace)))))
    }

    /// Ends the task.
    pub(crate) async fn stop(&self) {
        let task = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // It ends by being aborted.
            let _aborted = task.await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(task) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

async fn watch(config: Config, wakers: Wakers, mut pace: Interval) {
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut file = File {
        config,
        connection: None,
        version: None,
    };
    loop {
        pace.tick().await;
        let is_awaited = wakers.events.is_awaited() || wakers.tracking.is_awaited();
        if is_awaited && file.has_changed() {
            wakers.events.wake();
            wakers.tracking.wake();
        }
    }
}

/// The file, and the number that it had when it was asked last.
struct File {
    config: Config,
    /// The number means something to one connection only.
    connection: Option<Connection>,
    version: Option<i64>,
}

impl File {
    /// Whether anything was stored since the last call. A file that cannot be read counts as changed: whoever follows
    /// it learns why when reading.
    fn has_changed(&mut self) -> bool {
        let version = self.read_version().ok();
        if version.is_none() {
            self.connection = None;
        }
        let before = std::mem::replace(&mut self.version, version);
        version.is_none() || version != before
    }

    fn read_version(&mut self) -> Result<i64, Failure> {
        self.config.place.check()?;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open_reader(&self.config)?,
        };
        let connection = self.connection.insert(connection);
        Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}
