//! A read model in memory that follows a log.

use std::{
    any::type_name,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use es_persistence::{BoxError, Recorded, Upstream};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    DeadlineError, Failure, ProjectionError, ReadModel, WaitError,
    feed::{Content, Feed, FeedError, Mark},
};

/// A read model in memory that follows the log of an application.
///
/// When it is dropped, it ends.
pub struct InMemory<M> {
    model: Arc<RwLock<M>>,
    position: watch::Receiver<Result<u64, ProjectionError>>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

/// How many events are applied while readers wait.
const BATCH: usize = 500;

/// The pause before a log that has failed is read again.
const PAUSE: Duration = Duration::from_millis(500);

impl<M: ReadModel> InMemory<M> {
    /// Builds the model from the log of an application, in a task, and follows it.
    ///
    /// # Panics
    ///
    /// When it is called outside of a tokio runtime.
    pub fn follow(model: M, upstream: &(impl Upstream + Clone)) -> Self {
        let model = Arc::new(RwLock::new(model));
        let (told, position) = watch::channel(Ok(0));
        let (stop, stopped) = watch::channel(false);
        let follower = Follower {
            model: Arc::clone(&model),
            upstream: Arc::new(upstream.clone()),
            told,
            stopped,
        };
        let task = Some(tokio::spawn(follower.run()));
        Self {
            model,
            position,
            stop,
            task,
        }
    }

    /// Waits until the event at a position counts. `None` waits for nothing.
    ///
    /// # Errors
    ///
    /// [`WaitError::Projection`] when the model cannot be built any further.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub fn wait_for(&self, position: impl Into<Option<u64>>) -> impl Future<Output = Result<(), WaitError>> + Send {
        self.reach(position.into())
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
            match timeout(limit, self.reach(wanted)).await {
                Ok(reached) => reached,
                Err(_elapsed) => Err(WaitError::TimedOut {
                    wanted: wanted.unwrap_or(0),
                    reached: self.position().map_err(WaitError::Projection)?,
                }),
            }
        }
    }

    async fn reach(&self, wanted: Option<u64>) -> Result<(), WaitError> {
        let Some(wanted) = wanted else { return Ok(()) };
        let mut position = self.position.clone();
        let reached = position.wait_for(|position| position.as_ref().map_or(true, |position| *position >= wanted));
        match reached.await {
            Ok(position) => position.clone().map(drop).map_err(WaitError::Projection),
            Err(_ended) => Err(ProjectionError::Ended { name: type_name::<M>() }.into()),
        }
    }

    /// Returns the position that the model has reached.
    ///
    /// # Errors
    ///
    /// [`ProjectionError`] when the model cannot be built any further.
    pub fn position(&self) -> Result<u64, ProjectionError> {
        self.position.borrow().clone()
    }

    /// The model as it is now. Events wait while it is looked at: drop it soon, and not across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, M> {
        self.model.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops following.
    ///
    /// # Errors
    ///
    /// [`DeadlineError`] when it has not stopped in time; it was then cut off.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped lets it stop, and does not wait for it.
    pub async fn stop(mut self, deadline: Duration) -> Result<(), DeadlineError> {
        self.stop.send_replace(true);
        let Some(mut task) = self.task.take() else {
            return Ok(());
        };
        if timeout(deadline, &mut task).await.is_ok() {
            return Ok(());
        }
        task.abort();
        let _cancelled = task.await;
        Err(DeadlineError)
    }
}

impl<M> Drop for InMemory<M> {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl<M> fmt::Debug for InMemory<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory")
            .field("model", &type_name::<M>())
            .finish_non_exhaustive()
    }
}

/// The task that applies events.
struct Follower<M> {
    model: Arc<RwLock<M>>,
    upstream: Arc<dyn Upstream>,
    told: watch::Sender<Result<u64, ProjectionError>>,
    stopped: watch::Receiver<bool>,
}

impl<M: ReadModel> Follower<M> {
    async fn run(self) {
        let mut mark = Mark {
            position: 0,
            anchor: None,
        };
        loop {
            let mut stopped = self.stopped.clone();
            let followed = tokio::select! {
                followed = self.follow(&mut mark) => followed,
                _stopped = stopped.wait_for(|stopped| *stopped) => return,
            };
            match followed {
                Err(FeedError::Recorder(error)) => {
                    tracing::warn!(model = type_name::<M>(), %error, "reading again");
                    sleep(PAUSE).await;
                }
                Err(FeedError::Ended) => return,
                Err(FeedError::Rewound {
                    position, seen, found, ..
                }) => {
                    return self.give_up(ProjectionError::LogRewound {
                        name: type_name::<M>(),
                        upstream: Arc::clone(self.upstream.name()),
                        position,
                        seen,
                        found,
                    });
                }
                Ok(failure) => {
                    return self.give_up(ProjectionError::Stopped {
                        name: type_name::<M>(),
                        source: Arc::new(failure),
                    });
                }
            }
        }
    }

    /// Follows until an event cannot be applied, or reading fails.
    async fn follow(&self, mark: &mut Mark) -> Result<Failure, FeedError> {
        let mut feed = Feed::<M::Events>::start(&[Arc::clone(&self.upstream)], &[*mark], BATCH);
        loop {
            let piece = feed.next().await?;
            match piece.content {
                Content::Broken(event, error) => return Ok(self.failure(&event, error)),
                Content::Events(events) => {
                    if let Err((event, error)) = self.apply(&events) {
                        return Ok(self.failure(event, error));
                    }
                }
            }
            *mark = piece.mark;
            self.told.send_modify(|told| *told = Ok(mark.position));
        }
    }

    /// Applies events while nobody reads. A panic of the model is an error of the event.
    fn apply<'e>(&self, events: &'e [Recorded<M::Events>]) -> Result<(), (&'e Recorded<M::Events>, BoxError)> {
        let mut model = self.model.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            let applied = catch_unwind(AssertUnwindSafe(|| model.apply(event)));
            applied.map_err(|panic| (event, crate::feed::panicked(&*panic)))?;
        }
        Ok(())
    }

    fn failure<E>(&self, event: &Recorded<E>, error: BoxError) -> Failure {
        Failure {
            upstream: Arc::clone(self.upstream.name()),
            position: event.position(),
            event_id: event.event_id(),
            originator: event.originator().clone(),
            topic: event.topic().to_owned(),
            attempts: 1,
            error,
        }
    }

    fn give_up(&self, error: ProjectionError) {
        tracing::error!(model = type_name::<M>(), %error, "stopped");
        self.told.send_modify(|told| *told = Err(error));
    }
}
