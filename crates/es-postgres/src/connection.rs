//! One connection, and which process of the server is at its other end.

use std::{error, fmt, time::Instant};

use es_persistence::{Operation, RecorderError, RecorderErrorKind};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::{
    STORE,
    config::Config,
    encryption::{Unencrypted, failure_of_connecting},
    error::Failure,
    password::PasswordError,
};

/// The oldest server whose language the schema speaks.
const OLDEST: u32 = 140_000;

/// A connection, and what is known of it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) driver: PgConnection,
    pub(crate) backend: Backend,
    pub(crate) opened: Instant,
}

/// A process of the server. Its number may be given to another one later, but not with the same start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backend {
    pub(crate) pid: i32,
    /// In microseconds.
    pub(crate) started: i64,
}

/// Opens a connection, in the time that is given to this and to the password provider.
pub(crate) async fn open(config: &Config) -> Result<Connection, Failure> {
    let begun = Instant::now();
    let options = options(config).await?;
    let left = config.connect_timeout.saturating_sub(begun.elapsed());
    match timeout(left, connect(&options, &config.session)).await {
        Ok(connection) => connection.map_err(Failure::while_connecting),
        Err(elapsed) => Err(Failure::unreached(elapsed)),
    }
}

/// What a connection is made with now.
pub(crate) async fn options(config: &Config) -> Result<PgConnectOptions, Failure> {
    let limit = config.connect_timeout;
    let asked = timeout(limit, config.server.options()).await;
    asked
        .unwrap_or(Err(PasswordError::Late(limit)))
        .map_err(Failure::unreached)
}

async fn connect(options: &PgConnectOptions, session: &[(&'static str, String)]) -> Result<Connection, Failure> {
    let mut driver = options.connect().await.map_err(failure_of_connecting)?;
    if driver.server_version_num().is_some_and(|version| version < OLDEST) {
        return Err(Failure::unreached(
            "the server is older than PostgreSQL 14, the oldest that this store knows",
        ));
    }
    let backend = set_up(&mut driver, session).await?;
    Ok(Connection {
        driver,
        backend,
        opened: Instant::now(),
    })
}

/// Makes the settings of the session, reads them back, and returns which process has them.
///
/// Without settings any session will do, and so does any pooler.
async fn set_up(driver: &mut PgConnection, session: &[(&'static str, String)]) -> Result<Backend, Failure> {
    if session.is_empty() {
        return Backend::of(driver).await;
    }
    // Each is one message and one answer. Names and values are words and numbers of this store's own.
    let list = |settings: Vec<String>| settings.join(", ");
    let set = session
        .iter()
        .map(|(name, value)| format!("set_config('{name}', '{value}', false)"));
    let set = format!("SELECT pg_backend_pid(), {}", list(set.collect()));
    let set = sqlx::raw_sql(AssertSqlSafe(set)).fetch_one(&mut *driver).await?;
    let read = session.iter().map(|(name, _)| format!("current_setting('{name}')"));
    let read = format!(
        "SELECT pid, {}, (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_get_activity(pg_backend_pid())",
        list(read.collect())
    );
    let read = sqlx::raw_sql(AssertSqlSafe(read)).fetch_one(driver).await?;
    let backend = Backend {
        pid: read.try_get(0)?,
        started: read.try_get(session.len() + 1)?,
    };
    for place in 1..=session.len() {
        if set.try_get::<&str, _>(place)? != read.try_get::<&str, _>(place)? {
            return Err(Failure::unfit(TRANSACTION_MODE));
        }
    }
    if set.try_get::<i32, _>(0)? == backend.pid {
        Ok(backend)
    } else {
        Err(Failure::unfit(TRANSACTION_MODE))
    }
}

/// What to do about a pooler that the store cannot use.
pub(crate) const TRANSACTION_MODE: &str = "the connection goes through a pooler in transaction mode, which gives each \
     transaction another session: connect to the server itself, or through a pool in session mode";

impl Backend {
    async fn of(driver: &mut PgConnection) -> Result<Self, Failure> {
        let query = "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint \
                     FROM pg_stat_get_activity(pg_backend_pid())";
        let row = sqlx::raw_sql(query).fetch_one(driver).await?;
        Ok(Self {
            pid: row.try_get(0)?,
            started: row.try_get(1)?,
        })
    }

    /// Returns `true` if the process is executing a statement.
    pub(crate) async fn is_active(self, driver: &mut PgConnection) -> Result<bool, Failure> {
        let query = "SELECT state = 'active' FROM pg_stat_get_activity($1) \
                     WHERE (extract(epoch FROM backend_start) * 1000000)::bigint = $2";
        let query = sqlx::query_scalar(query).bind(self.pid).bind(self.started);
        let state: Option<Option<bool>> = query.persistent(false).fetch_optional(driver).await?;
        Ok(state.flatten().unwrap_or_default())
    }

    /// Ends the process if it is still there, and says whether it was.
    pub(crate) async fn end(self, driver: &mut PgConnection) -> Result<bool, Failure> {
        let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity($1) \
                     WHERE (extract(epoch FROM backend_start) * 1000000)::bigint = $2";
        let ended = sqlx::query(query)
            .bind(self.pid)
            .bind(self.started)
            .fetch_optional(driver)
            .await?;
        Ok(ended.is_some())
    }
}

/// The error that says which server cannot be used, and what to do.
pub(crate) fn cannot_open(config: &Config, failure: Failure) -> RecorderError {
    let kind = failure.kind(Operation::Open);
    let fault = ServerFault {
        server: config.server.to_string(),
        advice: advice(&failure, &kind),
        source: failure.into_source(),
    };
    RecorderError::new(STORE, Operation::Open, kind).with_source(fault)
}

/// What to do about a failure, or `None` if it says that itself.
fn advice(failure: &Failure, kind: &RecorderErrorKind) -> Option<&'static str> {
    if failure.is_of_another_session() {
        return Some(TRANSACTION_MODE);
    }
    if failure.is_caused_by::<PasswordError>() || failure.is_caused_by::<Unencrypted>() {
        return None;
    }
    match (kind, failure.sqlstate()) {
        (_, "28000" | "28P01") => Some("it refuses the account: see POSTGRES_USER and POSTGRES_PASSWORD"),
        (_, "3D000") => Some("it has no such database: make it, or see POSTGRES_DBNAME"),
        (RecorderErrorKind::Unavailable, "") => Some(
            "it cannot be reached: see that it runs and is reached from here, and POSTGRES_HOST, _PORT and _SSL_MODE",
        ),
        (RecorderErrorKind::ReadOnly, _) => Some(
            "this account may not make the tables: have an owner apply what es_postgres::schema::ddl prints, and set \
             CREATE_TABLE to no",
        ),
        _ => None,
    }
}

/// Which server, and what to do about it.
#[derive(Debug)]
struct ServerFault {
    server: String,
    advice: Option<&'static str>,
    source: Box<dyn error::Error + Send + Sync>,
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.advice {
            Some(advice) => write!(f, "{}: {advice}", self.server),
            None => write!(f, "{}: {}", self.server, self.source),
        }
    }
}

impl error::Error for ServerFault {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self.advice {
            Some(_) => Some(&*self.source),
            None => self.source.source(),
        }
    }
}
