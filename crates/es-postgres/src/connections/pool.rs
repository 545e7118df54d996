//! Connections that several applications share.

use std::sync::Arc;

use es_persistence::{Environment, EnvironmentError};

use super::Connections;
use crate::{config::Config, password::PasswordProvider};

/// Connections to one database that several applications share.
///
/// Without a pool, each application has up to `POSTGRES_POOL_SIZE` + `POSTGRES_MAX_OVERFLOW` connections of its own. A pool
/// limits all applications together to these numbers. A clone is the same pool.
///
/// ```no_run
/// use es_application::prelude::*;
/// use es_postgres::Pool;
///
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::from_environment(&Environment::from_process("School"))?;
/// for name in ["Dogs", "Trainers"] {
///     let environment = Environment::from_process(name).with("PERSISTENCE_MODULE", "postgres");
///     let app = Application::builder(name)
///         .environment(environment)
///         .persistence([es_postgres::factory_with_pool(pool.clone())])
///         .open()
///         .await?;
/// # drop(app);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Its connections belong to the runtime of the application that opened them: all applications that share a pool run on one
/// runtime. The connection that listens for other processes is not part of the pool; each application has its own.
#[derive(Clone, Debug)]
pub struct Pool(pub(crate) Arc<Connections>);

impl Pool {
    /// Creates a pool by the `POSTGRES_…` settings of `environment`. It connects when a connection is needed.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] if a setting is missing or wrong.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self(Connections::new(Config::from_environment(environment, None)?)))
    }

    /// As [`from_environment`](Self::from_environment), with passwords from `provider`.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] if a setting is missing or wrong.
    pub fn with_passwords(
        environment: &Environment,
        provider: impl PasswordProvider,
    ) -> Result<Self, EnvironmentError> {
        let provider: Arc<dyn PasswordProvider> = Arc::new(provider);
        Ok(Self(Connections::new(Config::from_environment(
            environment,
            Some(provider),
        )?)))
    }

    /// Waits for the connections that are in use, and closes all. Close the applications first: later calls of theirs fail.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves connections open that are in use.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
