//! The server that the tests use, from `ES_POSTGRES_URL`, and a schema for each test.

use std::env;

use es_persistence::Environment;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Where the server is.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    url: String,
    pub(crate) user: String,
    password: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    database: String,
}

impl Server {
    /// The server of this run, or `None` when there is none.
    pub(crate) fn of_this_run() -> Option<Self> {
        let url = env::var("ES_POSTGRES_URL").ok()?;
        Some(Self::at(&url).expect("ES_POSTGRES_URL is postgres://user:password@host:port/database"))
    }

    /// The server at `url`, or `None` when it is no URL of a server.
    pub(crate) fn at(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (account, rest) = rest.rsplit_once('@')?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        let (address, database) = rest.split_once('/')?;
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "5432"));
        Some(Self {
            url: url.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            host: host.to_owned(),
            port: port.parse().ok()?,
            database: database.split('?').next()?.to_owned(),
        })
    }

    /// The settings that lead to `schema` here.
    pub(crate) fn environment(&self, application: &str, schema: &str) -> Environment {
        let environment = Environment::new(application)
            .with("PERSISTENCE_MODULE", "postgres")
            .with("POSTGRES_HOST", &self.host)
            .with("POSTGRES_PORT", self.port.to_string())
            .with("POSTGRES_DBNAME", &self.database)
            .with("POSTGRES_USER", &self.user)
            .with("POSTGRES_SCHEMA", schema);
        if self.password.is_empty() {
            return environment;
        }
        environment.with("POSTGRES_PASSWORD", &self.password)
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url)
            .await
            .expect("the server can be reached")
    }

    /// Removes `schema` and all that is in it.
    pub(crate) async fn drop_schema(&self, schema: &str) {
        self.execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
    }

    /// Executes statements of the test's own.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        let executed = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        executed.expect("the test's own statement is right");
    }
}

/// A name that no other test uses for its schema.
pub(crate) fn fresh_schema() -> String {
    format!("test_{:016x}", fastrand::u64(..))
}
