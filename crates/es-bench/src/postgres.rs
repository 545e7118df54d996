//! The recorder on a PostgreSQL server, beside the same statements by hand, with and without the reference's lock.

mod commands;
mod hand;
mod processes;
mod read;
mod write;

use std::{env, sync::Arc};

use es_persistence::{ApplicationRecorder, Datastore, Environment};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

pub(crate) use self::processes::{WRITER, write_as_told};
use crate::{AnyError, measure::Bench};

/// Everything that is measured is in this schema, which is dropped afterwards.
const SCHEMA: &str = "es_bench";

pub(crate) async fn run(bench: &Bench) -> Result<(), AnyError> {
    let Ok(url) = env::var("ES_POSTGRES_URL") else {
        return Ok(());
    };
    for (name, tasks) in commands::ALL {
        if bench.wants(name) {
            let fixture = Fixture::fresh(&url).await?;
            commands::run(&fixture, name, tasks).await?;
            fixture.remove().await?;
        }
    }
    for name in [write::ONE, write::MANY, processes::MANY, read::STREAM, read::LOG] {
        if !bench.wants(name) {
            continue;
        }
        let fixture = Fixture::fresh(&url).await?;
        match name {
            write::ONE => write::one_writer(&fixture).await?,
            write::MANY => write::many_writers(&fixture).await?,
            processes::MANY => processes::many_writers(&fixture).await?,
            read::STREAM => read::streams(&fixture).await?,
            _ => read::log(&fixture).await?,
        }
        fixture.remove().await?;
    }
    Ok(())
}

/// Our tables, and a plain one beside them.
struct Fixture {
    url: String,
    datastore: Arc<dyn Datastore>,
    recorder: Arc<dyn ApplicationRecorder>,
}

impl Fixture {
    /// Tables with nothing in them.
    async fn fresh(url: &str) -> Result<Self, AnyError> {
        execute(url, &format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await?;
        let fixture = Self::open(url).await?;
        execute(url, hand::TABLE).await?;
        Ok(fixture)
    }

    async fn open(url: &str) -> Result<Self, AnyError> {
        let environment =
            environment(url, SCHEMA).ok_or("ES_POSTGRES_URL is no postgres://user:password@host:port/database")?;
        let datastore = es_postgres::factory().open(&environment).await?;
        let recorder = datastore.application_recorder().await?;
        Ok(Self {
            url: url.to_owned(),
            datastore,
            recorder,
        })
    }

    async fn remove(self) -> Result<(), AnyError> {
        self.datastore.close().await;
        execute(&self.url, &format!("DROP SCHEMA {SCHEMA} CASCADE")).await
    }
}

async fn execute(url: &str, sql: &str) -> Result<(), AnyError> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("SET client_min_messages = warning").await?;
    connection.execute(AssertSqlSafe(sql.to_owned())).await?;
    Ok(connection.close().await?)
}

/// The settings of a schema on the server at `url`.
pub(crate) fn environment(url: &str, schema: &str) -> Option<Environment> {
    let (account, place) = url.split_once("://")?.1.rsplit_once('@')?;
    let (user, password) = account.split_once(':')?;
    let (address, database) = place.split_once('/')?;
    let (host, port) = address.rsplit_once(':')?;
    let environment = Environment::new("bench")
        .with("PERSISTENCE_MODULE", "postgres")
        .with("POSTGRES_SCHEMA", schema)
        .with("POSTGRES_HOST", host)
        .with("POSTGRES_PORT", port)
        .with("POSTGRES_DBNAME", database)
        .with("POSTGRES_USER", user)
        .with("POSTGRES_PASSWORD", password);
    Some(environment)
}
