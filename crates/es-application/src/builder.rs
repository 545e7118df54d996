//! How an application is put together.

use std::sync::Arc;

use es_persistence::{Environment, EventStore, Mapper, Persistence, PersistenceModules};

use crate::{Application, ApplicationError};

/// An application that is not open yet.
#[derive(Clone, Debug)]
#[must_use = "call `open`"]
pub struct ApplicationBuilder {
    name: String,
    environment: Option<Environment>,
    modules: PersistenceModules,
}

impl ApplicationBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            environment: None,
            modules: PersistenceModules::memory_only(),
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
        let datastore = self.modules.choose(&environment)?.open(&environment).await?;
        let recorder = datastore.application_recorder().await?;
        let store = EventStore::new(recorder, mapper);
        Ok(Application::new(environment.name().to_owned(), store, datastore))
    }
}
