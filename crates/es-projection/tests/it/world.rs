//! An application, and a database for its read models.

use std::{thread, time::Duration};

use es_application::prelude::*;
use es_projection::{ProjectionRunner, Running, Views, prelude::BoxError, views::memory_views};

use sqlx::{PgConnection, SqliteConnection};

use crate::{
    journal::{Book, Journal, Tables},
    server::{Server, fresh_schema},
};

/// How long a test waits for what has to come.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A lease that ends while a test waits.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// An application, and a database for its read models.
pub(crate) struct World<C> {
    pub(crate) app: Application,
    pub(crate) views: Views<C>,
    /// What has to live as long.
    _guard: Box<dyn Send>,
}

impl<C: Tables> World<C> {
    pub(crate) fn new(app: Application, views: Views<C>, guard: impl Send + 'static) -> Self {
        Self {
            app,
            views,
            _guard: Box::new(guard),
        }
    }

    /// A journal that follows the application, with a short lease.
    pub(crate) fn runner(&self, journal: &Journal) -> ProjectionRunner<Journal, C> {
        let runner = ProjectionRunner::new(&self.views, journal.clone());
        runner.follow(&self.app).lease(SHORT)
    }
}

/// An application in memory.
pub(crate) async fn app() -> Application {
    let environment = Environment::new("School");
    Application::builder("School")
        .environment(environment)
        .open()
        .await
        .unwrap()
}

/// The world in memory.
pub(crate) async fn memory() -> World<Book> {
    World::new(app().await, memory_views(), ())
}

/// The world in SQLite files: one for the events, and a folder for the read models.
pub(crate) async fn sqlite() -> World<SqliteConnection> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("school.sqlite").display().to_string();
    let environment = Environment::new("School")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", file);
    let builder = Application::builder("School").environment(environment.clone());
    let app = builder.persistence([es_sqlite::factory()]).open().await.unwrap();
    World::new(app, es_sqlite::views(&environment).unwrap(), folder)
}

/// The world on a PostgreSQL server, or `None` if this run has none.
pub(crate) async fn postgres() -> Option<World<PgConnection>> {
    let schema = Schema {
        server: Server::of_this_run()?,
        name: fresh_schema(),
    };
    let environment = schema.server.environment("School", &schema.name);
    let builder = Application::builder("School").environment(environment.clone());
    let app = builder.persistence([es_postgres::factory()]).open().await.unwrap();
    Some(World::new(app, es_postgres::views(&environment).unwrap(), schema))
}

/// A schema that is gone when this is dropped, with those of the read models beside it.
struct Schema {
    server: Server,
    name: String,
}

impl Drop for Schema {
    fn drop(&mut self) {
        let name = &self.name;
        let remove = format!(
            "DO $$ DECLARE name text; BEGIN
                 FOR name IN SELECT nspname FROM pg_namespace WHERE nspname LIKE '{name}%' LOOP
                     EXECUTE format('DROP SCHEMA %I CASCADE', name);
                 END LOOP;
             END $$"
        );
        let remove = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(self.server.execute(&remove));
        };
        thread::scope(|scope| drop(scope.spawn(remove).join()));
    }
}

/// What the read model has written down.
pub(crate) async fn texts<C: Tables>(running: &Running<C>) -> Result<Vec<String>, BoxError> {
    let lines = running.read().await?.lines().await?;
    Ok(lines.into_iter().map(|(_, text)| text).collect())
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

/// Makes a test of each function on each store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod on_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_projection::BoxError> {
                    super::$test($crate::world::memory().await).await
                }
            )*
        }

        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_projection::BoxError> {
                    super::$test($crate::world::sqlite().await).await
                }
            )*
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> Result<(), es_projection::BoxError> {
                    match $crate::world::postgres().await {
                        Some(world) => super::$test(world).await,
                        None => Ok(()),
                    }
                }
            )*
        }
    };
}

pub(crate) use on_every_store;
