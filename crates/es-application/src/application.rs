//! The application itself.

use std::{collections::VecDeque, fmt, sync::Arc};

use es_domain::{Aggregate as _, AggregateId, Metadata, Outcome};
use es_persistence::{Datastore, EventStore};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ApplicationBuilder, ApplicationError, Changes, ExecuteError, Executed, NotificationLog, Recorded, Repository,
    Selection, Subscription, execute, save::Stored,
};

/// Saves aggregates, finds them again, and shows what has happened.
///
/// A clone is the same application: clones are cheap, and tasks share them. The store is closed by
/// [`close`](Self::close), or when the last clone is dropped.
#[derive(Clone)]
pub struct Application {
    inner: Arc<Inner>,
    metadata: Metadata,
}

struct Inner {
    name: String,
    repository: Repository,
    datastore: Arc<dyn Datastore>,
}

impl Application {
    /// Begins to put together the application `name`.
    pub fn builder(name: impl Into<String>) -> ApplicationBuilder {
        ApplicationBuilder::new(name.into())
    }

    pub(crate) fn new(name: String, repository: Repository, datastore: Arc<dyn Datastore>) -> Self {
        let inner = Arc::new(Inner {
            name,
            repository,
            datastore,
        });
        Self {
            inner,
            metadata: Metadata::new(),
        }
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The aggregates that have been saved.
    pub fn repository(&self) -> &Repository {
        &self.inner.repository
    }

    /// All events that have been saved, in order.
    pub fn notification_log(&self) -> NotificationLog {
        NotificationLog::new(self.store().clone())
    }

    /// Follows what is saved: first what is there and selected, then what comes, also from other processes.
    ///
    /// ```no_run
    /// # use es_application::prelude::*;
    /// use futures_util::TryStreamExt as _;
    ///
    /// # async fn follow(app: Application) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut events = app.subscribe(Selection::after(0));
    /// while let Some(recorded) = events.try_next().await? {
    ///     println!("{}: {}", recorded.position(), recorded.topic());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, selection: Selection) -> Subscription {
        let recorder = Arc::clone(self.store().recorder());
        Subscription::new(
            es_persistence::Subscription::new(recorder, selection),
            self.store().mapper().clone(),
        )
    }

    /// The same application, which puts `metadata` on all events that are saved through what is returned. What an event
    /// has already stays as it is.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::Metadata;
    /// # async fn handle(app: Application, request: &str) -> Result<(), ApplicationError> {
    /// let app = app.with_metadata(Metadata::new().correlation_id(request).with("user", "ann"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            metadata: metadata.or(&self.metadata),
        }
    }

    pub(crate) fn store(&self) -> &EventStore {
        self.inner.repository.store()
    }

    /// Saves the pending events of one aggregate (`&mut dog`) or of several of any types (`(&mut page, &mut index)`) in
    /// one transaction, and returns them as they are in the log.
    ///
    /// The events leave the aggregates when the store has them: after an error they are still pending. Nothing pending
    /// saves nothing. Snapshots that are [due](ApplicationBuilder::snapshot_every) are taken afterwards; one that cannot
    /// be is only logged.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Recorder`] with a [conflict](ApplicationError::conflict) when an aggregate has moved on since
    /// it was read: read it again and decide again. With the kind
    /// [`OutcomeUnknown`](es_persistence::RecorderErrorKind::OutcomeUnknown) the events may be stored; with any other,
    /// nothing is. [`ApplicationError::Trigger`] when an event was triggered that could not happen.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of the events stored or none, and the aggregates as they
    /// were: read them again to learn which.
    pub async fn save(&self, mut changes: impl Changes) -> Result<Vec<Recorded>, ApplicationError> {
        let (mut events, mut heads) = (Vec::new(), VecDeque::new());
        changes.add_metadata(&self.metadata);
        changes.encode(self.store().mapper(), &mut events, &mut heads)?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let repository = self.repository();
        let notifications = repository.put(events).await?;
        let snapshots = repository.snapshots();
        let mut stored = Stored {
            heads,
            cache: repository.cache(),
            snapshots,
            due: Vec::new(),
        };
        changes.saved(&mut stored);
        if let Some(snapshots) = snapshots {
            snapshots.keep_due(stored.due).await;
        }
        let mapper = self.store().mapper();
        Ok(notifications
            .into_iter()
            .map(|notification| Recorded::new(notification, mapper.clone()))
            .collect())
    }

    /// Reads the aggregate, runs `command` on it, and saves what it has triggered.
    ///
    /// When the aggregate has moved on meanwhile, all three are done again, after a short random pause, up to 20 times:
    /// `command` may run more than once, and has to decide by what it is given. It returns nothing or a `Result`.
    ///
    /// # Errors
    ///
    /// [`ExecuteError::Command`] with the command's own error, in which case nothing is saved; otherwise
    /// [`ExecuteError::Application`], as for [`Repository::get`] and [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    pub async fn execute<I, R>(
        &self,
        id: I,
        command: impl FnMut(&mut I::Aggregate) -> R + Send,
    ) -> Result<Executed<R::Value>, ExecuteError<R::Error>>
    where
        I: AggregateId,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        execute::execute(self, id, command).await
    }

    /// Keeps the aggregate's present state, so that later readings begin there and need only the events after it. Returns
    /// the version that was kept.
    ///
    /// Its type has to be serializable. A snapshot that is there already is kept as it is.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # struct Dog { root: Root<Self>, tricks: Vec<String> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     fn register() -> Self { Self::default() }
    /// #     #[event(TrickAdded)]
    /// #     fn add_trick(&mut self, trick: &str) { self.tricks.push(trick.to_owned()); }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// let environment = Environment::new("DogSchool").with("IS_SNAPSHOTTING_ENABLED", "y");
    /// let app = Application::builder("DogSchool").environment(environment).open().await?;
    ///
    /// let mut dog = Dog::register();
    /// dog.add_trick("roll over");
    /// app.save(&mut dog).await?;
    /// assert_eq!(app.take_snapshot(dog.id()).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ApplicationError::SnapshotsDisabled`] when neither `IS_SNAPSHOTTING_ENABLED` nor
    /// [`snapshot_every`](ApplicationBuilder::snapshot_every) has switched snapshots on; otherwise as
    /// [`Repository::get`], and when the snapshot cannot be stored.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the snapshot taken or not.
    pub async fn take_snapshot<I>(&self, id: I) -> Result<u64, ApplicationError>
    where
        I: AggregateId,
        I::Aggregate: Serialize + DeserializeOwned,
    {
        self.take_snapshot_at(id, u64::MAX).await
    }

    /// As [`take_snapshot`](Self::take_snapshot), of the aggregate as it was at `version`, or as it is now when it has not
    /// come so far.
    ///
    /// # Errors
    ///
    /// As [`take_snapshot`](Self::take_snapshot).
    ///
    /// # Cancel safety
    ///
    /// As [`take_snapshot`](Self::take_snapshot).
    pub async fn take_snapshot_at<I>(&self, id: I, version: u64) -> Result<u64, ApplicationError>
    where
        I: AggregateId,
        I::Aggregate: Serialize + DeserializeOwned,
    {
        let repository = self.repository();
        let snapshots = repository.snapshots().ok_or(ApplicationError::SnapshotsDisabled)?;
        let aggregate = repository.get_at(id, version).await?;
        let snapshot = snapshots.encode(&aggregate)?;
        if let Some(snapshot) = snapshot {
            snapshots.keep(snapshot).await?;
        }
        Ok(aggregate.version())
    }

    /// Waits for the saves that have begun, and closes the store. Other clones are of no use afterwards.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped after its first poll has refused further saves; those that have begun go on, and nobody
    /// waits for them.
    pub async fn close(self) {
        self.inner.datastore.close().await;
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}
