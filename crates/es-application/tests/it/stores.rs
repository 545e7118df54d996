//! The stores on which the tests run: PostgreSQL only where `ES_POSTGRES_URL` says where it is.

use std::thread;

use es_application::{ApplicationBuilder, prelude::*};
use tempfile::TempDir;

use crate::server::{Server, fresh_schema};

/// An application, and what goes with it.
pub(crate) struct Opened {
    pub(crate) app: Application,
    _folder: Option<TempDir>,
    _schema: Option<Schema>,
}

/// The settings of a SQLite file in `folder`.
pub(crate) fn sqlite(folder: &TempDir) -> Environment {
    let path = folder.path().join("bank.sqlite");
    Environment::new("Bank")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", path.to_str().unwrap())
}

pub(crate) async fn open(environment: Environment) -> Application {
    open_with(environment, |builder| builder).await
}

async fn open_with(
    environment: Environment,
    change: impl FnOnce(ApplicationBuilder) -> ApplicationBuilder + Send,
) -> Application {
    let builder = Application::builder("Bank").environment(environment);
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    change(builder).open().await.unwrap()
}

/// A fresh application on each store.
pub(crate) async fn all() -> Vec<Opened> {
    all_with(|environment| environment, |builder| builder).await
}

/// A fresh application on each store, with changed settings.
pub(crate) async fn all_with(
    settings: impl Fn(Environment) -> Environment + Sync,
    change: impl Fn(ApplicationBuilder) -> ApplicationBuilder + Sync,
) -> Vec<Opened> {
    let open = |environment| open_with(settings(environment), &change);
    let folder = tempfile::tempdir().unwrap();
    let in_memory = Opened {
        app: open(Environment::new("Bank")).await,
        _folder: None,
        _schema: None,
    };
    let in_file = Opened {
        app: open(sqlite(&folder)).await,
        _folder: Some(folder),
        _schema: None,
    };
    let environment = Environment::new("Bank").with("PERSISTENCE_MODULE", "sqlite");
    let environment = environment.with("SQLITE_DBNAME", ":memory:");
    let in_sqlite_memory = Opened {
        app: open(environment).await,
        _folder: None,
        _schema: None,
    };
    let mut opened = vec![in_memory, in_file, in_sqlite_memory];
    if let Some(server) = Server::of_this_run() {
        let schema = Schema {
            server,
            name: fresh_schema(),
        };
        let app = open(schema.server.environment("Bank", &schema.name)).await;
        opened.push(Opened {
            app,
            _folder: None,
            _schema: Some(schema),
        });
    }
    opened
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
