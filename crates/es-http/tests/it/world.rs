//! An application on each kind of store, and a database for its read models.

use std::thread;

use es_application::prelude::*;
use es_projection::{Views, views::memory_views};
use sqlx::{PgConnection, SqliteConnection};

use crate::{
    follow::{Names, Rows},
    server::{Server, fresh_schema},
};

/// An application, and a database for read models.
pub(crate) struct World<C> {
    pub(crate) app: Application,
    pub(crate) views: Views<C>,
    /// What has to live as long.
    _guard: Box<dyn Send>,
}

impl<C: Rows> World<C> {
    fn new(app: Application, views: Views<C>, guard: impl Send + 'static) -> Self {
        Self {
            app,
            views,
            _guard: Box::new(guard),
        }
    }
}

/// An application in memory.
pub(crate) async fn app() -> Application {
    let builder = Application::builder("School").environment(Environment::new("School"));
    builder.open().await.unwrap()
}

pub(crate) async fn memory() -> World<Names> {
    World::new(app().await, memory_views(), ())
}

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

/// Makes a test of each function on each store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod on_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test($crate::world::memory().await).await;
                }
            )*
        }

        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test($crate::world::sqlite().await).await;
                }
            )*
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(world) = $crate::world::postgres().await {
                        super::$test(world).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use on_every_store;
