//! Snapshots that are being stored.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, task::JoinSet};

use crate::execute::check_runtime;

/// The tasks that store snapshots after saves. A save waits for its task for a limited time; the task then goes on alone.
///
/// [`join`](Self::join) waits for all tasks. Dropping the last clone ends the tasks that are still running.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

/// So many snapshots may be on their way at once. A store that is slower than that gets no more until it has kept up.
const AT_ONCE: usize = 64;

impl Tasks {
    /// Does `work` in a task and waits for it, but not longer than `bound`. Returns `false` if too much is being done
    /// already, and nothing is done then.
    ///
    /// Without a runtime with a timer it is done at once, however long it takes.
    pub(super) async fn run(&self, work: impl Future<Output = ()> + Send + 'static, bound: Duration) -> bool {
        if check_runtime().is_err() {
            work.await;
            return true;
        }
        let Some(done) = self.spawn(work) else { return false };
        // That it takes longer, or has panicked, is no fault of the save.
        drop(tokio::time::timeout(bound, done).await);
        true
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Option<oneshot::Receiver<()>> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= AT_ONCE {
            return None;
        }
        let (done, is_done) = oneshot::channel();
        tasks.spawn(async move {
            work.await;
            drop(done);
        });
        drop(tasks);
        Some(is_done)
    }

    /// Waits for the tasks that have begun.
    pub(super) async fn join(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}
