//! The stores on which the tests run: PostgreSQL only where `ES_POSTGRES_URL` says where it is.

use std::{thread, time::Duration};

use es_application::prelude::*;
use es_persistence::Upstream as _;
use es_system::prelude::*;
use futures_util::TryStreamExt as _;

use crate::server::{Server, fresh_schema};

/// How long a test waits for what has to come.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A lease that ends while a test waits.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// A database for the applications of a system.
pub(crate) struct World {
    pub(crate) environment: Environment,
    /// What has to live as long.
    _guard: Box<dyn Send + Sync>,
}

impl World {
    fn new(environment: Environment, guard: impl Send + Sync + 'static) -> Self {
        Self {
            environment,
            _guard: Box::new(guard),
        }
    }

    /// An application of the database, opened beside the system.
    pub(crate) async fn open(&self, name: &str) -> Application {
        let builder = Application::builder(name).environment(self.environment.clone());
        let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
        builder.open().await.unwrap()
    }
}

/// A system that can run on all stores.
pub(crate) fn system() -> System {
    System::new().persistence([es_sqlite::factory(), es_postgres::factory()])
}

pub(crate) fn memory() -> World {
    World::new(Environment::new("School"), ())
}

/// One SQLite file for all applications.
pub(crate) fn sqlite() -> World {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("school.sqlite").display().to_string();
    let environment = Environment::new("School")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", file);
    World::new(environment, folder)
}

/// One schema for all applications, or `None` if this run has no server.
pub(crate) fn postgres() -> Option<World> {
    let schema = Schema {
        server: Server::of_this_run()?,
        name: fresh_schema(),
    };
    let environment = schema.server.environment("School", &schema.name);
    Some(World::new(environment, schema))
}

/// A schema that is gone when this is dropped.
struct Schema {
    server: Server,
    name: String,
}

impl Drop for Schema {
    fn drop(&mut self) {
        let remove = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(self.server.drop_schema(&self.name));
        };
        thread::scope(|scope| drop(scope.spawn(remove).join()));
    }
}

/// Everything that is in the log of an application.
pub(crate) async fn log(app: &Application) -> Vec<Recorded> {
    let Some(last) = app.log().max_position().await.unwrap() else {
        return Vec::new();
    };
    app.subscribe(Selection::all().up_to(last)).try_collect().await.unwrap()
}

/// Repeats `check` until it says yes.
pub(crate) async fn eventually(check: impl AsyncFn() -> bool) {
    let waiting = async {
        while !check().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("it comes in time");
}

/// Makes a test of each function on each store that processes can share.
macro_rules! on_every_database {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_system::BoxError> {
                    super::$test($crate::world::sqlite()).await
                }
            )*
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_system::BoxError> {
                    match $crate::world::postgres() {
                        Some(world) => super::$test(world).await,
                        None => Ok(()),
                    }
                }
            )*
        }
    };
}

/// Makes a test of each function on each store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod on_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_system::BoxError> {
                    super::$test($crate::world::memory()).await
                }
            )*
        }

        $crate::world::on_every_database! { $($test),* }
    };
}

pub(crate) use {on_every_database, on_every_store};
