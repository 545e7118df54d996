//! The stores on which the tests run.

use es_application::prelude::*;
use tempfile::TempDir;

/// An application, and the folder that goes with it.
pub(crate) struct Opened {
    pub(crate) app: Application,
    _folder: Option<TempDir>,
}

/// The settings of a SQLite file in `folder`.
pub(crate) fn sqlite(folder: &TempDir) -> Environment {
    let path = folder.path().join("bank.sqlite");
    Environment::new("Bank")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", path.to_str().unwrap())
}

pub(crate) async fn open(environment: Environment) -> Application {
    let builder = Application::builder("Bank")
        .environment(environment)
        .persistence([es_sqlite::factory()]);
    builder.open().await.unwrap()
}

/// A fresh application on each store.
pub(crate) async fn all() -> Vec<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let in_memory = open(Environment::new("Bank")).await;
    let in_file = open(sqlite(&folder)).await;
    let in_sqlite_memory = Environment::new("Bank").with("PERSISTENCE_MODULE", "sqlite");
    let in_sqlite_memory = open(in_sqlite_memory.with("SQLITE_DBNAME", ":memory:")).await;
    vec![
        Opened {
            app: in_memory,
            _folder: None,
        },
        Opened {
            app: in_file,
            _folder: Some(folder),
        },
        Opened {
            app: in_sqlite_memory,
            _folder: None,
        },
    ]
}
