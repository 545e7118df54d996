//! A log to look into.

use std::{
    process::{Command, Output},
    thread,
};

use es_application::prelude::*;
use es_domain::prelude::*;
use tempfile::TempDir;

use crate::server::{Server, fresh_schema};

/// A dog with tricks.
#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(hash_chain)]
pub(crate) struct Dog {
    root: Root<Self>,
}

#[events(vis = pub(crate))]
impl Dog {
    #[event(Registered)]
    pub(crate) fn register(name: &str, age: u32) -> Self {
        let _ = (name, age);
        Self::default()
    }

    #[event(Renamed)]
    pub(crate) fn rename(&mut self, name: &str) {
        let _ = name;
    }
}

/// A trainer.
#[derive(Aggregate, Clone, Debug, Default)]
pub(crate) struct Trainer {
    root: Root<Self>,
}

#[events(vis = pub(crate))]
impl Trainer {
    #[event(Hired)]
    pub(crate) fn hire() -> Self {
        Self::default()
    }
}

/// A log in a store, and what the command needs to find it.
pub(crate) struct School {
    pub(crate) app: Application,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) folder: TempDir,
    _schema: Option<Schema>,
}

/// A schema that is gone when this is dropped.
struct Schema {
    server: Server,
    name: String,
}

impl Drop for Schema {
    fn drop(&mut self) {
        let remove = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(self.server.drop_schema(&self.name));
        };
        thread::scope(|scope| drop(scope.spawn(remove).join()));
    }
}

const KEYS: [&str; 8] = [
    "PERSISTENCE_MODULE",
    "SQLITE_DBNAME",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DBNAME",
    "POSTGRES_SCHEMA",
];

impl School {
    /// A log in a SQLite file.
    pub(crate) async fn sqlite() -> Self {
        Self::sqlite_with(|environment| environment).await
    }

    pub(crate) async fn sqlite_with(change: impl FnOnce(Environment) -> Environment + Send) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("school.sqlite");
        let environment = Environment::new("DogSchool").with("PERSISTENCE_MODULE", "sqlite");
        let environment = environment.with("SQLITE_DBNAME", path.to_str().unwrap());
        Self::open(change(environment), folder).await
    }

    /// A log on each store that keeps it.
    pub(crate) async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        if let Some(server) = Server::of_this_run() {
            let name = fresh_schema();
            let environment = server.environment("DogSchool", &name);
            let school = Self::open(environment, tempfile::tempdir().unwrap()).await;
            all.push(Self {
                _schema: Some(Schema { server, name }),
                ..school
            });
        }
        all
    }

    async fn open(environment: Environment, folder: TempDir) -> Self {
        let variables = KEYS
            .iter()
            .filter_map(|key| Some((*key, environment.get(key)?.to_owned())));
        let variables = variables.collect();
        let builder = Application::builder("DogSchool").environment(environment);
        let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
        Self {
            app: builder.open().await.unwrap(),
            variables,
            folder,
            _schema: None,
        }
    }

    pub(crate) fn path(&self) -> String {
        self.folder.path().join("school.sqlite").display().to_string()
    }

    /// The command with the variables that name the log.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = es(arguments);
        command.env("ES_APP", "DogSchool").envs(self.variables.iter().cloned());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What the command prints; it must succeed.
    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Saves a dog with two events, and a trainer whose event is caused by the dog's first one.
    pub(crate) async fn fill(&self) -> (Id<Dog>, Id<Trainer>) {
        let request = self.app.with_metadata(Metadata::new().correlation_id("request-7"));
        let mut dog = Dog::register("Fido", 3);
        let first = dog.pending_events()[0].event_id();
        dog.rename("Rex");
        request.save(&mut dog).await.unwrap();
        let caused = Metadata::new().correlation_id("request-7").causation_id(first);
        let mut trainer = Trainer::hire();
        self.app.with_metadata(caused).save(&mut trainer).await.unwrap();
        (dog.id(), trainer.id())
    }
}

/// The command without variables of this library.
pub(crate) fn es(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_es"));
    command.args(arguments).env_remove("DATABASE_URL").env_remove("ES_APP");
    for key in KEYS {
        command.env_remove(key);
    }
    command
}
