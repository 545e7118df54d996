//! The stores on which the tests run: PostgreSQL only where `ES_POSTGRES_URL` says where it is.

use std::{thread, time::Duration};

use es_application::{ApplicationBuilder, Retries, prelude::*};
use tempfile::TempDir;

use crate::server::{Server, fresh_schema};

/// An application, and what goes with it.
pub(crate) struct Opened {
    pub(crate) app: Application,
    pub(crate) environment: Environment,
    _folder: Option<TempDir>,
    _schema: Option<Schema>,
}

/// Opens the application of `environment`.
pub(crate) async fn open(environment: &Environment) -> Application {
    open_with(environment, |builder| builder).await
}

async fn open_with(
    environment: &Environment,
    change: impl FnOnce(ApplicationBuilder) -> ApplicationBuilder + Send,
) -> Application {
    let builder = Application::builder("School").environment(environment.clone());
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    let app = change(builder).open().await.unwrap();
    // On a machine that is busy with other things, one attempt may take many seconds.
    app.with_retries(Retries::default().within(Duration::from_mins(1)))
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
    let mut opened = Vec::new();
    for (environment, folder, schema) in environments() {
        let environment = settings(environment);
        let app = open_with(&environment, &change).await;
        opened.push(Opened {
            app,
            environment,
            _folder: folder,
            _schema: schema,
        });
    }
    opened
}

/// The settings of each store, and what goes with it.
fn environments() -> Vec<(Environment, Option<TempDir>, Option<Schema>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("school.sqlite");
    let file = Environment::new("School")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", path.to_str().unwrap());
    let mut all = vec![(Environment::new("School"), None, None), (file, Some(folder), None)];
    if let Some(server) = Server::of_this_run() {
        let name = fresh_schema();
        let environment = server.environment("School", &name);
        all.push((environment, None, Some(Schema { server, name })));
    }
    all
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
