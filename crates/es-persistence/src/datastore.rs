//! From the environment to the recorders of a store.

use std::{fmt, sync::Arc};

use futures_core::future::BoxFuture;

use crate::{
    ApplicationRecorder, DecisionRecorder, Environment, EnvironmentError, Operation, ProcessRecorder, RecorderError,
    RecorderErrorKind, SnapshotRecorder, TrackingRecorder, memory,
};

/// One kind of store that an application can run on, such as `es_sqlite::factory()`.
pub trait Persistence: fmt::Debug + Send + Sync + 'static {
    /// The value of `PERSISTENCE_MODULE` that chooses it.
    fn module(&self) -> &'static str;

    /// Opens the store that `environment` describes.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when a setting is wrong or the store cannot be opened.
    fn open<'a>(&'a self, environment: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>>;
}

/// An open store: it makes the recorders of one application.
pub trait Datastore: fmt::Debug + Send + Sync + 'static {
    /// The recorder of the application's events. Its tables are made when they are not there, unless `CREATE_TABLE`
    /// says no.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the tables cannot be made or used.
    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>>;

    /// As [`application_recorder`](Self::application_recorder), of an application that also processes the events of
    /// others.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the tables cannot be made or used.
    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>>;

    /// The recorder of how far others have been processed, without events.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the tables cannot be made or used.
    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>>;

    /// The recorder of the application's snapshots.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the tables cannot be made or used.
    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>>;

    /// The recorder of events with tags, over the same log. What it needs besides the tables of events is made when it is
    /// asked for the first time, unless `CREATE_TABLE` says no.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the tables cannot be made or used. A store that cannot store events with tags is
    /// [`Invalid`](RecorderErrorKind::Invalid).
    fn decision_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn DecisionRecorder>, DatastoreError>> {
        Box::pin(async {
            let error = RecorderError::new("this store", Operation::Open, RecorderErrorKind::Invalid);
            Err(error
                .with_source("it cannot store events with tags: choose another one")
                .into())
        })
    }

    /// Ends what runs for the store, after the saves that have begun. Recorders are of no use afterwards.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatastoreError {
    /// A setting is wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The store itself fails.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
}

/// The stores among which `PERSISTENCE_MODULE` chooses; memory is always one of them, and the default.
#[derive(Clone, Debug)]
pub struct PersistenceModules(Vec<Arc<dyn Persistence>>);

/// The key that chooses the store, and the names that it had before.
const KEYS: [&str; 3] = ["PERSISTENCE_MODULE", "INFRASTRUCTURE_FACTORY", "FACTORY_TOPIC"];

impl PersistenceModules {
    /// Memory and nothing else.
    #[must_use]
    pub fn memory_only() -> Self {
        Self(vec![memory()])
    }

    /// Adds `module`; one that has the name of another takes its place.
    pub fn add(&mut self, module: Arc<dyn Persistence>) {
        self.0.retain(|known| known.module() != module.module());
        self.0.push(module);
    }

    /// The module that `environment` names.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Invalid`], with the names that are known, when it is none of these.
    pub fn choose(&self, environment: &Environment) -> Result<&dyn Persistence, EnvironmentError> {
        let mut named = None;
        for key in KEYS {
            let name = environment.text(key)?.map(|name| (key, name));
            named = named.or(name);
        }
        let Some((key, name)) = named else {
            return self.find("memory").ok_or_else(|| self.unknown(KEYS[0], environment));
        };
        self.find(name).ok_or_else(|| self.unknown(key, environment))
    }

    fn find(&self, name: &str) -> Option<&dyn Persistence> {
        self.0.iter().map(AsRef::as_ref).find(|module| module.module() == name)
    }

    fn unknown(&self, key: &str, environment: &Environment) -> EnvironmentError {
        let known: Vec<_> = self.0.iter().map(|module| module.module()).collect();
        environment.invalid(
            key,
            format!("a store that this application was built with ({})", known.join(", ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_module_is_refused_with_the_names_of_those_that_are_known() {
        let environment = Environment::new("Dogs").with("PERSISTENCE_MODULE", "mysql");
        let error = PersistenceModules::memory_only().choose(&environment).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"PERSISTENCE_MODULE is "mysql", which is not a store that this application was built with (memory)"#
        );
    }

    #[test]
    fn the_older_key_counts_when_the_newer_is_not_set() {
        let environment = Environment::new("Dogs").with("INFRASTRUCTURE_FACTORY", "memory");
        assert_eq!(
            PersistenceModules::memory_only().choose(&environment).unwrap().module(),
            "memory"
        );
        let environment = environment.with("PERSISTENCE_MODULE", "nothing");
        let error = PersistenceModules::memory_only().choose(&environment).unwrap_err();
        assert!(error.to_string().starts_with("PERSISTENCE_MODULE"), "{error}");
    }
}
