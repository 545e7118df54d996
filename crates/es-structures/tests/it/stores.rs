//! The stores on which the tests run.

use es_application::{Application, Environment};
use es_structures::Entry;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message(pub(crate) String);

impl Entry for Message {
    const STREAM: &'static str = "Messages";
    const TOPIC: &'static str = "Messages.Logged";
}

pub(crate) fn message(text: impl Into<String>) -> Message {
    Message(text.into())
}

/// A fresh application on each store.
pub(crate) async fn all() -> Vec<(Application, TempDir)> {
    let mut all = Vec::new();
    for store in ["memory", "sqlite"] {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::new("Structures")
            .with("PERSISTENCE_MODULE", store)
            .with("SQLITE_DBNAME", folder.path().join("structures.sqlite").to_str().unwrap());
        let builder = Application::builder("Structures").environment(environment);
        all.push((builder.persistence([es_sqlite::factory()]).open().await.unwrap(), folder));
    }
    all
}
