//! The handle of a running projection.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use es_persistence::{
    RecorderError,
    views::{DeadLetter, Disposition, GenerationId, Reading},
};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    DeadlineError, ProjectionError, State, Status, WaitError,
    worker::{Operate, Shared},
};

/// A projection that runs in this process, or stands by while another instance runs it.
///
/// When it is dropped, the projection finishes the transaction in hand, gives its lease back and ends.
pub struct Running<C> {
    shared: Arc<Shared<C>>,
    worker: Arc<dyn Operate>,
    task: Option<JoinHandle<()>>,
}

/// How often the stored position is looked at, at the most and at the least.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

impl<C: Send + 'static> Running<C> {
    pub(crate) fn new(shared: Arc<Shared<C>>, worker: Arc<dyn Operate>, task: JoinHandle<()>) -> Self {
        let task = Some(task);
        Self { shared, worker, task }
    }

    /// Waits until the event at a position counts, whichever instance does the work. `None` waits for nothing, so that the
    /// position of a command that has triggered no event can be given.
    ///
    /// Events count that the projection does not select. If several applications are followed, the position is one of the
    /// first of them; [`wait_for_in`](Self::wait_for_in) names another.
    ///
    /// # Errors
    ///
    /// [`WaitError::Projection`] when the projection has stopped in this process before the position;
    /// [`WaitError::Recorder`] when the position cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub fn wait_for(&self, position: impl Into<Option<u64>>) -> impl Future<Output = Result<(), WaitError>> + Send {
        self.reach(0, position.into())
    }

    /// As [`wait_for`](Self::wait_for), for a limited time.
    ///
    /// # Errors
    ///
    /// [`WaitError::TimedOut`], with the position that was reached; otherwise as [`wait_for`](Self::wait_for).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub fn wait_for_at_most(
        &self,
        position: impl Into<Option<u64>>,
        limit: Duration,
    ) -> impl Future<Output = Result<(), WaitError>> + Send {
        let wanted = position.into();
        async move {
            match timeout(limit, self.reach(0, wanted)).await {
                Ok(reached) => reached,
                Err(_elapsed) => Err(WaitError::TimedOut {
                    wanted: wanted.unwrap_or(0),
                    reached: self.stored(0).await?,
                }),
            }
        }
    }

    /// As [`wait_for`](Self::wait_for), for a position in the log of one of several applications.
    ///
    /// # Errors
    ///
    /// [`WaitError::UnknownUpstream`] when no application of that name is followed; otherwise as
    /// [`wait_for`](Self::wait_for).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub fn wait_for_in(
        &self,
        upstream: &str,
        position: impl Into<Option<u64>>,
    ) -> impl Future<Output = Result<(), WaitError>> + Send {
        let mut upstreams = self.shared.upstreams.iter();
        let index = upstreams.position(|one| **one.name() == *upstream);
        let unknown = || WaitError::UnknownUpstream {
            upstream: upstream.to_owned(),
        };
        let index = index.ok_or_else(unknown);
        let wanted = position.into();
        async move { self.reach(index?, wanted).await }
    }

    async fn reach(&self, index: usize, position: Option<u64>) -> Result<(), WaitError> {
        let Some(wanted) = position else { return Ok(()) };
        let mut status = self.shared.meter.watch();
        let mut pause = PAUSES.0;
        loop {
            let seen = status.borrow_and_update().clone();
            let is_ours = matches!(seen.state, State::CatchingUp | State::Following | State::Retrying);
            let here = seen.progress.get(index).filter(|_| is_ours);
            if here.is_some_and(|progress| progress.position >= wanted) || self.stored(index).await? >= wanted {
                return Ok(());
            }
            match seen.state {
                State::Stopped(error) => return Err(error.into()),
                State::Ended => return Err(ProjectionError::Ended { name: self.shared.name }.into()),
                _ => drop(timeout(pause, status.changed()).await),
            }
            // What this process stores itself, it is told.
            pause = if is_ours {
                PAUSES.1 * 10
            } else {
                (pause * 2).min(PAUSES.1)
            };
        }
    }

    /// The position that the generation that is read has reached.
    async fn stored(&self, index: usize) -> Result<u64, RecorderError> {
        let Some(serving) = self.shared.serving().await? else {
            return Ok(0);
        };
        let key = self.shared.key(index);
        let stored = self.shared.views.store().checkpoint(serving.id, key).await?;
        Ok(stored.map_or(0, |stored| stored.tracking.position))
    }

    /// Lends a connection to the read model, for reading. It goes back when it is dropped: keep it for a query or a few.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the database cannot be read or the read model was never written.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn read(&self) -> Result<Reading<C>, RecorderError> {
        self.shared.views.store().read(self.shared.view.clone()).await
    }

    /// Waits until the event at a position counts, and lends a connection to a read model that has it.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for) and [`read`](Self::read).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub fn query_at_least(
        &self,
        position: impl Into<Option<u64>>,
    ) -> impl Future<Output = Result<Reading<C>, WaitError>> + Send {
        let wanted = position.into();
        async move {
            self.reach(0, wanted).await?;
            Ok(self.read().await?)
        }
    }

    /// Returns what the projection is doing in this process. What other instances do is in
    /// [`Views::status`](es_persistence::views::Views::status).
    pub fn status(&self) -> Status {
        self.shared.meter.status()
    }

    /// Watches the status.
    ///
    /// The receiver always has the latest status; a slow reader misses those between.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<Status> {
        self.shared.meter.watch()
    }

    /// Waits until the read model has come to where the logs ended when this was called.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn caught_up(&self) -> Result<(), WaitError> {
        for (index, upstream) in self.shared.upstreams.iter().enumerate() {
            let last = upstream.log().max_position().await?;
            self.reach(index, last).await?;
        }
        Ok(())
    }

    /// Builds the read model anew in tables of its own while the present one is kept up to date and read. When the new one has
    /// caught up, it takes the place of the present one in one transaction. The one before is kept:
    /// [`Views::switch_to`](es_persistence::views::Views::switch_to) goes back to it, and
    /// [`Views::remove`](es_persistence::views::Views::remove) removes it.
    ///
    /// A first build that has not caught up yet is waited for. Readers never see a position go back. How far it has come is in [`Status::rebuilding`].
    ///
    /// # Errors
    ///
    /// [`ProjectionError::AlreadyBuilding`] when another instance rebuilds it;
    /// [`ProjectionError::Stopped`] when an event fails and the policy says stop; [`ProjectionError::Recorder`] when the
    /// database fails otherwise than by being unreachable for a while. The present read model stays as it is.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the build where it is; so does a crash. The next call goes on from there.
    pub async fn rebuild(&self) -> Result<(), ProjectionError> {
        Arc::clone(&self.worker).rebuild().await
    }

    /// Returns the events that were set aside or skipped, by log and position.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the database cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, RecorderError> {
        match self.shared.serving().await? {
            Some(serving) => self.letters_of(serving.id).await,
            None => Ok(Vec::new()),
        }
    }

    async fn letters_of(&self, generation: GenerationId) -> Result<Vec<DeadLetter>, RecorderError> {
        let letters = self.shared.views.store().dead_letters(generation).await?;
        let own = letters.into_iter();
        Ok(own.filter(|letter| *letter.key.consumer == *self.shared.name).collect())
    }

    /// Asks for another attempt of all events that are set aside, and waits until the instance that has the lease has made
    /// it: within a third of the lease's time, or at once if it is this one. The events of each aggregate are tried in order,
    /// up to the first that fails again; they are read from the log and brought up to date by the upcasters of this program.
    /// Returns the letters that are left.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the database fails.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has asked for the attempts of some of the events.
    pub async fn retry_dead_letters(&self) -> Result<Vec<DeadLetter>, RecorderError> {
        let Some(serving) = self.shared.serving().await? else {
            return Ok(Vec::new());
        };
        for letter in self.letters_of(serving.id.clone()).await? {
            if letter.disposition == Disposition::SetAside {
                self.dispose(&serving.id, &letter, Disposition::Retry).await?;
            }
        }
        loop {
            self.shared.poke.notify_one();
            sleep(PAUSES.0 * 5).await;
            let left = self.letters_of(serving.id.clone()).await?;
            if left.iter().all(|letter| letter.disposition != Disposition::Retry) {
                return Ok(left);
            }
        }
    }

    /// Passes over an event that is set aside for good. Later events of its aggregate still wait for
    /// [`retry_dead_letters`](Self::retry_dead_letters). Returns `false` if there is no such letter.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the database fails.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the letter changed or not.
    pub async fn skip_dead_letter(&self, letter: &DeadLetter) -> Result<bool, RecorderError> {
        let Some(serving) = self.shared.serving().await? else {
            return Ok(false);
        };
        let is_there = self.dispose(&serving.id, letter, Disposition::Skipped).await?;
        self.shared.poke.notify_one();
        Ok(is_there)
    }

    async fn dispose(
        &self,
        generation: &GenerationId,
        letter: &DeadLetter,
        disposition: Disposition,
    ) -> Result<bool, RecorderError> {
        let store = self.shared.views.store();
        store.dispose(generation.clone(), letter, disposition).await
    }

    /// Lets a projection go on that has [stopped](State::Stopped), because its cause is gone.
    pub fn resume(&self) {
        if matches!(self.status().state, State::Stopped(_)) {
            self.shared.meter.enter(State::Starting);
        }
        self.shared.poke.notify_one();
    }

    /// Stops after the transaction in hand, and gives the lease back.
    ///
    /// # Errors
    ///
    /// [`DeadlineError`] when it has not stopped in time. It was then cut off: the transaction is rolled back, and other
    /// instances wait for the end of the lease.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped lets the projection stop, and does not wait for it.
    pub async fn stop(mut self, deadline: Duration) -> Result<(), DeadlineError> {
        self.shared.stop.send_replace(true);
        let Some(mut task) = self.task.take() else {
            return Ok(());
        };
        if timeout(deadline, &mut task).await.is_ok() {
            return Ok(());
        }
        task.abort();
        // It ends at its next await, whatever it returns.
        let _cancelled = task.await;
        Err(DeadlineError)
    }
}

impl<C> Drop for Running<C> {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}

impl<C> fmt::Debug for Running<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("view", &self.shared.view)
            .finish_non_exhaustive()
    }
}
