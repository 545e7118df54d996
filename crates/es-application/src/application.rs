//! The application itself.

use std::{fmt, sync::Arc};

use es_domain::{AggregateId, Metadata, Outcome, Scope};
use es_persistence::{
    ApplicationRecorder, Datastore, EventSet, EventStore, Notification, ReadableLog, Source, Upstream as _,
};

use crate::{
    ApplicationBuilder, ApplicationError, Changes, ExecuteError, Executed, InScope, NotificationLog, Prepared,
    Recorded, Repository, Retries, Selection, Subscription, Targets,
    command_record::Marking,
    execute::{self, Existing, OrCreate},
    hooks::Hooks,
    processed::Processed,
    turns::Turns,
};

/// Saves aggregates, finds them again, and shows what has happened.
///
/// A clone is the same application: clones are cheap, and tasks share them. The store is closed by
/// [`close`](Self::close), or when the last clone is dropped.
#[derive(Clone)]
pub struct Application {
    inner: Arc<Inner>,
    metadata: Metadata,
    retries: Retries,
}

struct Inner {
    source: Source,
    turns: Turns,
    repository: Repository,
    datastore: Arc<dyn Datastore>,
    scope: Scope,
    hooks: Hooks,
}

impl Application {
    /// Begins to put together the application `name`: ASCII letters, digits and underscores, a letter first, at most 48.
    ///
    /// The name names the application's tables and its own [variables](crate::Environment). Names that differ only in the case of letters
    /// are one name there.
    pub fn builder(name: impl Into<String>) -> ApplicationBuilder {
        ApplicationBuilder::new(name.into())
    }

    pub(crate) fn new(
        name: &str,
        repository: Repository,
        datastore: Arc<dyn Datastore>,
        scope: Scope,
        hooks: Hooks,
    ) -> Self {
        let log: Arc<dyn ReadableLog> = Arc::<dyn ApplicationRecorder>::clone(repository.store().recorder());
        let inner = Arc::new(Inner {
            turns: Turns::default(),
            source: Source::new(name, log, repository.store().mapper().clone()),
            repository,
            datastore,
            scope,
            hooks,
        });
        Self {
            inner,
            metadata: Metadata::new(),
            retries: Retries::default(),
        }
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        self.inner.source.name()
    }

    /// The aggregates that have been saved.
    pub fn repository(&self) -> &Repository {
        &self.inner.repository
    }

    /// All events that have been saved, in order. Hash chains are not verified: see [`verify`](Self::verify).
    pub fn notification_log(&self) -> NotificationLog {
        NotificationLog::new(self.store().clone())
    }

    /// Follows the log: first the stored events that `selection` names, then new ones as they come, also from other processes.
    /// Hash chains are not verified: see [`verify`](Self::verify).
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
        let log = Arc::clone(self.source().log());
        Subscription::new(
            es_persistence::Subscription::new(log, selection),
            self.store().mapper().clone(),
        )
    }

    /// Follows one aggregate: first its stored events at positions greater than `after`, then its new events as they come.
    /// With 0 it begins at the first event.
    ///
    /// The log is read by the family of the aggregate's type, so it costs as much as following all aggregates of the type;
    /// [`Repository::history`] reads the stored events of one for less.
    #[expect(clippy::needless_pass_by_value, reason = "an ID is passed by value everywhere")]
    pub fn subscribe_to<I: AggregateId>(&self, id: I, after: u64) -> Subscription {
        let topics = <<I::Aggregate as es_domain::Aggregate>::Event as EventSet>::topics();
        self.subscribe(Selection::after(after).of_topics(topics))
            .of(id.to_originator_id())
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
            metadata: metadata.or(&self.metadata),
            ..self.clone()
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.inner.source
    }

    /// Polls `future` with the clock and the ID source of the application, so that all events that are triggered in it have
    /// their times and IDs. Tasks that `future` spawns are not in the scope.
    ///
    /// Without [`clock`](ApplicationBuilder::clock) and [`id_source`](ApplicationBuilder::id_source) nothing changes.
    ///
    /// ```
    /// use es_application::prelude::*;
    /// use es_domain::{prelude::*, testing::Deterministic};
    /// # #[derive(Aggregate, Default)]
    /// # struct Dog { root: Root<Self> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     fn register() -> Self { Self::default() }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// let fixed = Deterministic::new();
    /// let app = Application::builder("DogSchool").clock(fixed.clone()).id_source(fixed).open().await?;
    /// app.in_scope(async {
    ///     let mut dog = Dog::register();
    ///     app.save(&mut dog).await?;
    ///     assert_eq!(dog.created_on().to_string(), "2000-01-01T00:00:00.000000Z");
    ///     assert_eq!(dog.id().to_string(), "00000000-0000-7000-8000-000000000001");
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the returned future drops `future`.
    pub fn in_scope<F: Future>(&self, future: F) -> InScope<F> {
        InScope::new(self.inner.scope.clone(), future)
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.inner.scope
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
    /// [`ApplicationError::Discarded`] if a new aggregate has the ID of a discarded one and its initial event does not
    /// [revive](es_domain::EventKind::revives) it, [`ApplicationError::IdTaken`] if its ID is one of another type.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of the events stored or none, and the aggregates as they
    /// were: read them again to learn which.
    pub async fn save(&self, changes: impl Changes) -> Result<Vec<Recorded>, ApplicationError> {
        self.store_changes(changes, None, None).await
    }

    /// Saves `changes`, and the record of their command in the same transaction if there is a `marking`.
    pub(crate) async fn save_marked(
        &self,
        changes: impl Changes,
        marking: Option<&Marking>,
    ) -> Result<Vec<Recorded>, ApplicationError> {
        self.store_changes(changes, marking, None).await
    }

    /// Saves `changes`, and in the same transaction the record of their command and how far another log was processed, if
    /// these are given.
    pub(crate) async fn store_changes(
        &self,
        changes: impl Changes,
        marking: Option<&Marking>,
        processed: Option<Processed>,
    ) -> Result<Vec<Recorded>, ApplicationError> {
        let repository = self.repository();
        let mut prepared = Prepared::new(self, changes, marking)?;
        let mut notifications = loop {
            let events = prepared.rows();
            if events.is_empty() && processed.is_none() {
                return Ok(Vec::new());
            }
            match repository.put(events, processed.as_ref()).await {
                Ok(notifications) => break notifications,
                Err(error) => prepared = prepared.revived(error).await?,
            }
        };
        let due = prepared.take_events().due;
        if let Some(snapshots) = repository.snapshots() {
            snapshots.keep_due(due).await;
        }
        if marking.is_some() {
            // The last one is the record.
            notifications.pop();
        }
        Ok(self.told(notifications))
    }

    /// Prepares the pending events of aggregates for a transaction of the caller's own: see `TransactionalEvents` of
    /// `es-sqlite` and `es-postgres`.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Dog { root: Root<Self> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     pub fn register() -> Self { Self::default() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("DogSchool").open().await?;
    /// let mut dog = Dog::register();
    /// let prepared = app.prepare(&mut dog)?;
    /// let rows = prepared.events();
    /// // … let positions = log.insert_in(&mut transaction, rows).await?;
    /// // … transaction.commit().await?;
    /// # let positions = vec![1; rows.len()];
    /// let recordings = prepared.stored(positions);
    /// assert_eq!(recordings[0].topic(), "Dog.Registered");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Trigger`] when an event was refused, [`ApplicationError::Mapper`] when an event cannot be written.
    pub fn prepare<C: Changes>(&self, changes: C) -> Result<Prepared<'_, C>, ApplicationError> {
        Prepared::new(self, changes, None)
    }

    /// Returns the events that were saved just now, and tells the hooks of them.
    pub(crate) fn told(&self, notifications: impl IntoIterator<Item = Notification>) -> Vec<Recorded> {
        let recordings = self.recorded(notifications);
        self.inner.hooks.call(&recordings);
        recordings
    }

    pub(crate) fn recorded(&self, notifications: impl IntoIterator<Item = Notification>) -> Vec<Recorded> {
        let mapper = self.store().mapper();
        let recorded = |notification| Recorded::of(notification, mapper.clone());
        notifications.into_iter().map(recorded).collect()
    }

    pub(crate) const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Carries out a command: reads the aggregate, calls `command` with it, and saves the events that `command` triggers.
    ///
    /// Several aggregates are named by a tuple or a list of IDs, and `command` is given them in the same form; their events
    /// are saved in one transaction. If another process was faster, all of it is done again: `command` may run several times,
    /// and changes nothing outside of the aggregates. Commands on the same aggregate in one process wait for each other, in
    /// the order in which they came.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Account { root: Root<Self>, balance: u64 }
    /// # #[derive(Debug)] pub struct TooLittle;
    /// # #[events]
    /// # impl Account {
    /// #     #[event(Opened)]
    /// #     pub fn open() -> Self { Self::default() }
    /// #     #[event(Deposited)]
    /// #     pub fn deposit(&mut self, amount: u64) { self.balance += amount; }
    /// #     #[event(Withdrawn)]
    /// #     fn withdrawn(&mut self, amount: u64) { self.balance -= amount; }
    /// #     pub fn withdraw(&mut self, amount: u64) -> Result<(), TooLittle> {
    /// #         if amount > self.balance { return Err(TooLittle); }
    /// #         self.withdrawn(amount);
    /// #         Ok(())
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Application::builder("Bank").open().await?;
    /// # let (mut ann, mut bob) = (Account::open(), Account::open());
    /// # app.save((&mut ann, &mut bob)).await?;
    /// app.execute(ann.id(), |ann| ann.deposit(10)).await?;
    /// let moved = app.execute((ann.id(), bob.id()), |(ann, bob)| {
    ///     ann.withdraw(4)?;
    ///     bob.deposit(4);
    ///     Ok::<_, TooLittle>(())
    /// });
    /// assert_eq!(moved.await.expect("there is enough").recordings().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ExecuteError::Command`] with the error of `command`, after which nothing is saved. [`ExecuteError::Application`] when
    /// an aggregate is not found, is named twice, cannot be read or cannot be saved, when others were faster in every attempt
    /// that [`Retries`] allows, and when there is no Tokio runtime with a timer.
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save): the events of the last attempt are stored, or none.
    pub async fn execute<M, T, R>(
        &self,
        targets: T,
        command: impl FnMut(T::Borrowed<'_>) -> R + Send,
    ) -> Result<Executed<R::Value>, ExecuteError<R::Error>>
    where
        T: Targets<M>,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        execute::execute(self, targets, Existing, command).await
    }

    /// Carries out a command on an aggregate that is made by `create` if it does not exist.
    ///
    /// `create` makes the aggregate with the ID `id`; `command` is called with the new aggregate as with an existing one. If
    /// two callers create it at once, the second one's command is done again on the first one's aggregate.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute); an aggregate whose life has ended is not made anew, and saving it is a conflict.
    ///
    /// # Cancel safety
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_or_create<I, R>(
        &self,
        id: I,
        mut create: impl FnMut() -> I::Aggregate + Send,
        command: impl FnMut(&mut I::Aggregate) -> R + Send,
    ) -> Result<Executed<R::Value>, ExecuteError<R::Error>>
    where
        I: AggregateId,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        let scope = self.scope();
        execute::execute(self, id, OrCreate(move || scope.run(&mut create)), command).await
    }

    /// Returns this application with other limits for repeated commands.
    #[must_use]
    pub fn with_retries(&self, retries: Retries) -> Self {
        Self {
            retries,
            ..self.clone()
        }
    }

    pub(crate) const fn retries(&self) -> Retries {
        self.retries
    }

    pub(crate) fn datastore(&self) -> &dyn Datastore {
        &*self.inner.datastore
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.inner.turns
    }

    /// Waits for the saves that have begun and for snapshots that are still being taken, and closes the store. Other clones
    /// are of no use afterwards.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped after its first poll has refused further saves; those that have begun go on, and nobody
    /// waits for them.
    pub async fn close(self) {
        if let Some(snapshots) = self.repository().snapshots() {
            snapshots.join().await;
        }
        self.inner.datastore.close().await;
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
