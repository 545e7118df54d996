//! The database of the command line.

use std::{path::Path, sync::Arc};

use es_application::Application;
use es_persistence::{ApplicationRecorder, Datastore, Environment, Mapper, PersistenceModules};
use url::Url;

use crate::{arguments::Arguments, error::Error};

/// An opened log.
pub(crate) struct Database {
    pub(crate) recorder: Arc<dyn ApplicationRecorder>,
    pub(crate) mapper: Mapper,
    datastore: Arc<dyn Datastore>,
}

impl Database {
    pub(crate) async fn open(arguments: &Arguments) -> Result<Self, Error> {
        let environment = environment(arguments)?;
        let mapper = Mapper::from_environment(&environment)?;
        let mut modules = PersistenceModules::memory_only();
        modules.add(es_sqlite::factory());
        modules.add(es_postgres::factory());
        let module = modules.choose(&environment)?;
        let failed = |source| Error::Open {
            app: environment.name().to_owned(),
            source,
        };
        let datastore = module.open(&environment).await.map_err(failed)?;
        let recorder = datastore.application_recorder().await.map_err(failed)?;
        Ok(Self {
            recorder,
            mapper,
            datastore,
        })
    }

    pub(crate) async fn close(self) {
        self.datastore.close().await;
    }
}

/// Opens the log as an application.
pub(crate) async fn application(arguments: &Arguments) -> Result<Application, Error> {
    let environment = environment(arguments)?;
    let builder = Application::builder(environment.name());
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    Ok(builder.environment(environment).open().await?)
}

/// The settings: those of the environment, and the database of the command line in their place.
fn environment(arguments: &Arguments) -> Result<Environment, Error> {
    let app = arguments.app.as_deref().filter(|app| !app.is_empty());
    let environment = Environment::from_process(app.ok_or(Error::NoApplication)?);
    // Looking at a log makes nothing.
    let environment = environment
        .with("CREATE_TABLE", "n")
        .with("IS_SNAPSHOTTING_ENABLED", "n");
    match arguments.database.as_deref().filter(|database| !database.is_empty()) {
        None if environment
            .get("PERSISTENCE_MODULE")
            .is_none_or(|module| module == "memory") =>
        {
            Err(Error::NoStore)
        }
        None => Ok(environment),
        Some(database) if is_url(database) => postgres(environment, &Url::parse(database).map_err(Error::Url)?),
        Some(path) => sqlite(environment, path),
    }
}

fn is_url(database: &str) -> bool {
    database.contains("://") && !database.starts_with("sqlite:")
}

fn sqlite(environment: Environment, database: &str) -> Result<Environment, Error> {
    let path = database.strip_prefix("sqlite:").unwrap_or(database);
    let path = path.strip_prefix("//").unwrap_or(path);
    if !Path::new(path).is_file() {
        return Err(Error::NoFile { path: path.to_owned() });
    }
    let environment = environment.with("PERSISTENCE_MODULE", "sqlite");
    Ok(environment.with("SQLITE_DBNAME", path))
}

fn postgres(environment: Environment, url: &Url) -> Result<Environment, Error> {
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(Error::Scheme {
            scheme: url.scheme().to_owned(),
        });
    }
    let host = url.host_str().ok_or(Error::UrlPart { part: "host" })?;
    let database = url.path().trim_start_matches('/');
    let needed = |value: &str, part| {
        let is_there = !value.is_empty();
        is_there.then(|| decoded(value)).ok_or(Error::UrlPart { part })
    };
    let environment = environment
        .with("PERSISTENCE_MODULE", "postgres")
        .with("POSTGRES_HOST", host)
        .with("POSTGRES_DBNAME", needed(database, "database")?)
        .with("POSTGRES_USER", needed(url.username(), "user")?);
    let environment = match url.port() {
        None => environment,
        Some(port) => environment.with("POSTGRES_PORT", port.to_string()),
    };
    Ok(match url.password() {
        None => environment,
        Some(password) => environment.with("POSTGRES_PASSWORD", decoded(password)),
    })
}

/// Replaces the escapes of a URL, such as `%40`. What is no escape stays as it is.
fn decoded(text: &str) -> String {
    let pair = format!("value={}", text.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs.next().map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(database: &str) -> Result<Environment, Error> {
        postgres(Environment::new("App"), &Url::parse(database).map_err(Error::Url)?)
    }

    #[test]
    fn a_url_becomes_settings() {
        let environment = settings("postgres://ann:p%40ss+word@db.example:5433/school").ok();
        let get = |key: &str| environment.as_ref().and_then(|settings| settings.get(key));
        assert_eq!(get("POSTGRES_HOST"), Some("db.example"));
        assert_eq!(get("POSTGRES_PORT"), Some("5433"));
        assert_eq!(get("POSTGRES_USER"), Some("ann"));
        assert_eq!(get("POSTGRES_PASSWORD"), Some("p@ss+word"));
        assert_eq!(get("POSTGRES_DBNAME"), Some("school"));
    }

    #[test]
    fn a_url_that_lacks_something_is_refused_without_its_password() {
        for url in [
            "postgres://ann:secret@db.example",
            "mysql://ann:secret@db/x",
            "postgres://db.example/x",
        ] {
            let text = settings(url).err().map_or_else(String::new, |error| error.to_string());
            assert!(text.contains("postgres://user:password@host:port/database"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
