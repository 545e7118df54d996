//! How an application is put together.

use std::sync::Arc;

use es_domain::{Aggregate, Clock, IdSource, Scope};
use es_persistence::{Datastore, Environment, EventStore, Mapper, Persistence, PersistenceModules};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Application, ApplicationError, Repository,
    cache::Cache,
    snapshots::{Intervals, Snapshots},
};

/// An application that is not open yet.
#[derive(Clone, Debug)]
#[must_use = "call `open`"]
pub struct ApplicationBuilder {
    name: String,
    environment: Option<Environment>,
    modules: PersistenceModules,
    intervals: Intervals,
    scope: Scope,
}

impl ApplicationBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            environment: None,
            modules: PersistenceModules::memory_only(),
            intervals: Intervals::default(),
            scope: Scope::new(),
        }
    }

    /// Takes the settings from `environment`; without this call they are the environment variables of the process.
    pub fn environment(self, environment: Environment) -> Self {
        Self {
            environment: Some(environment),
            ..self
        }
    }

    /// Adds stores among which `PERSISTENCE_MODULE` chooses. The one in memory is always there, and is the default.
    pub fn persistence(mut self, modules: impl IntoIterator<Item = Arc<dyn Persistence>>) -> Self {
        for module in modules {
            self.modules.add(module);
        }
        self
    }

    /// Keeps the state of an aggregate each time another `events` of its events have been saved, so that reading it never
    /// takes many more events than these; 0 keeps none by itself. The type has to be serializable.
    ///
    /// The snapshot is taken by the save that completes the interval, of the state after it: that save takes a second
    /// commit. `IS_SNAPSHOTTING_ENABLED=y` alone switches on only those that the program
    /// [takes itself](Application::take_snapshot).
    ///
    /// A snapshot that can no longer be read, because the type has changed without an upcaster, is left out, and all
    /// events are read instead.
    pub fn snapshot_every<A: Aggregate + Serialize + DeserializeOwned>(mut self, events: u64) -> Self {
        self.intervals.set::<A>(events);
        self
    }

    /// Sets the clock of the events that are triggered by [`execute`](Application::execute) and in
    /// [`in_scope`](Application::in_scope), for tests with fixed times. A [`Timestamp`](es_domain::Timestamp) is a clock
    /// that stands still.
    pub fn clock(self, clock: impl Clock + Send + Sync + 'static) -> Self {
        let scope = self.scope.clock(clock);
        Self { scope, ..self }
    }

    /// Sets the source of the IDs of events and new aggregates, where [`clock`](Self::clock) sets the clock.
    pub fn id_source(self, id_source: impl IdSource + Send + Sync + 'static) -> Self {
        let scope = self.scope.id_source(id_source);
        Self { scope, ..self }
    }

    /// Opens the store that the environment chooses.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Environment`] when a setting is wrong, [`ApplicationError::Recorder`] when the store cannot
    /// be opened.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the store's tables made or not; opening again makes what is missing.
    pub async fn open(self) -> Result<Application, ApplicationError> {
        let environment = match self.environment {
            Some(environment) => environment.named(self.name),
            None => Environment::from_process(self.name),
        };
        let mapper = Mapper::from_environment(&environment)?;
        let cache = Cache::from_environment(&environment)?;
        let datastore = self.modules.choose(&environment)?.open(&environment).await?;
        let recorder = datastore.application_recorder().await?;
        let snapshots = snapshots(&environment, self.intervals, &mapper, &*datastore).await?;
        let repository = Repository::new(EventStore::new(recorder, mapper), snapshots, cache);
        Ok(Application::new(environment.name(), repository, datastore, self.scope))
    }
}

async fn snapshots(
    environment: &Environment,
    intervals: Intervals,
    mapper: &Mapper,
    datastore: &dyn Datastore,
) -> Result<Option<Snapshots>, ApplicationError> {
    if !environment.flag("IS_SNAPSHOTTING_ENABLED", !intervals.is_empty())? {
        return Ok(None);
    }
    let recorder = datastore.snapshot_recorder().await?;
    Ok(Some(Snapshots::new(recorder, mapper.clone(), intervals)))
}
