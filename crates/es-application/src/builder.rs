//! How an application is put together.

use std::{sync::Arc, time::Duration};

use es_domain::{Aggregate, Clock, IdSource, Scope};
use es_persistence::{
    Datastore, Environment, EventStore, Mapper, Persistence, PersistenceModules, check_application_name,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Application, ApplicationError, Recorded, Repository,
    cache::Cache,
    guards,
    hooks::Hooks,
    snapshots::{Rules, Snapshots},
};

/// An application that is not open yet.
#[derive(Clone, Debug)]
#[must_use = "call `open`"]
pub struct ApplicationBuilder {
    name: String,
    environment: Option<Environment>,
    modules: PersistenceModules,
    rules: Rules,
    snapshot_wait: Duration,
    scope: Scope,
    hooks: Hooks,
}

impl ApplicationBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            environment: None,
            modules: PersistenceModules::memory_only(),
            rules: Rules::default(),
            snapshot_wait: SNAPSHOT_WAIT,
            scope: Scope::new(),
            hooks: Hooks::default(),
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
    /// The save that completes an interval takes a snapshot of the state after it. That save waits for a second commit, but no
    /// longer than [`snapshot_wait`](Self::snapshot_wait). `IS_SNAPSHOTTING_ENABLED=y` alone takes no snapshot by itself: it
    /// allows the program to [take snapshots](Application::take_snapshot).
    ///
    /// A snapshot that can no longer be read, because the type has changed without an upcaster, is left out, and all
    /// events are read instead.
    pub fn snapshot_every<A: Aggregate + Serialize + DeserializeOwned>(mut self, events: u64) -> Self {
        self.rules.every::<A>(events);
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

    /// Keeps the state of an aggregate after each save for which `rule` says so; it is given the aggregate, and how many of
    /// its events were saved just now. It takes the place of [`snapshot_every`](Self::snapshot_every) for the type, and the
    /// other way round.
    ///
    /// A rule that panics counts as `false`: no snapshot is taken.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Account { root: Root<Self>, is_settled: bool }
    /// # #[events]
    /// # impl Account {
    /// #     #[event(Opened)]
    /// #     pub fn open() -> Self { Self::default() }
    /// # }
    /// let bank = Application::builder("Bank").snapshot_when(|account: &Account, _events| account.is_settled);
    /// ```
    pub fn snapshot_when<A: Aggregate + Serialize + DeserializeOwned>(
        mut self,
        rule: impl Fn(&A, u64) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.rules.when(rule);
        self
    }

    /// Sets how long a save waits for its snapshot, after its events are stored. Default: 100 ms.
    ///
    /// A snapshot that takes longer is taken in the background, and [`close`](Application::close) waits for it. When 64 are
    /// on their way, no further ones are taken. Without a Tokio runtime with a timer the save waits for as long as it takes.
    pub fn snapshot_wait(self, wait: Duration) -> Self {
        Self {
            snapshot_wait: wait,
            ..self
        }
    }

    /// Calls `hook` with the events of each save, after they are stored: to count them, or to wake up others in the process.
    ///
    /// A hook cannot break a save: if it panics, this is logged, and the other hooks are called. The save waits for the hook,
    /// which therefore does little; it is called for saves of this application value and its clones, in the order in which
    /// the saves return, which is not always the order of positions. What has to see each event exactly once, also after a
    /// crash, [subscribes](Application::subscribe).
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// let shop = Application::builder("Shop").after_save(|events| println!("{} events were saved", events.len()));
    /// ```
    pub fn after_save(mut self, hook: impl Fn(&[Recorded]) + Send + Sync + 'static) -> Self {
        self.hooks.add(hook);
        self
    }

    /// Opens the store that the environment chooses.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Name`] when the application cannot have its name, [`ApplicationError::Environment`] when a setting is
    /// wrong, [`ApplicationError::Recorder`] when the store cannot be opened. [`ApplicationError::NotDurable`] and
    /// [`ApplicationError::NotEncrypted`] when `REQUIRE_DURABLE` or `REQUIRE_ENCRYPTED` is set and not fulfilled.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the store's tables made or not; opening again makes what is missing.
    pub async fn open(self) -> Result<Application, ApplicationError> {
        check_application_name(&self.name)?;
        let environment = match self.environment {
            Some(environment) => environment.named(self.name),
            None => Environment::from_process(self.name),
        };
        // Not every store reads it, and an odd value is refused on each.
        environment.flag("CREATE_TABLE", true)?;
        let mapper = Mapper::from_environment(&environment)?;
        let cache = Cache::from_environment(&environment)?;
        guards::check_encryption(&environment, mapper.config())?;
        let module = self.modules.choose(&environment)?;
        guards::warn_of_memory(&environment, module);
        let datastore = module.open(&environment).await?;
        let recorder = datastore.application_recorder().await?;
        if let Err(error) = guards::check_durability(&environment, module, &*recorder) {
            datastore.close().await;
            return Err(error);
        }
        let snapshots = snapshots(&environment, self.rules, self.snapshot_wait, &mapper, &*datastore).await?;
        let repository = Repository::new(EventStore::new(recorder, mapper), snapshots, cache);
        let name = environment.name();
        Ok(Application::new(name, repository, datastore, self.scope, self.hooks))
    }
}

async fn snapshots(
    environment: &Environment,
    rules: Rules,
    wait: Duration,
    mapper: &Mapper,
    datastore: &dyn Datastore,
) -> Result<Option<Snapshots>, ApplicationError> {
    if !environment.flag("IS_SNAPSHOTTING_ENABLED", !rules.is_empty())? {
        return Ok(None);
    }
    let recorder = datastore.snapshot_recorder().await?;
    Ok(Some(Snapshots::new(recorder, mapper.clone(), rules, wait)))
}

/// How long a save waits for its snapshot, unless the program says otherwise.
const SNAPSHOT_WAIT: Duration = Duration::from_millis(100);
