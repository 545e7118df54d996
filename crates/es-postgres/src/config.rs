//! What the environment says about the server.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use es_persistence::{Environment, EnvironmentError, sql::SqlName};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Where the database is and how it is used.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) schema: SqlName,
    pub(crate) create_table: bool,
    /// How long to wait for a connection.
    pub(crate) connect_timeout: Duration,
    /// How long to wait for an answer.
    pub(crate) answer_timeout: Duration,
    pub(crate) pool: Pool,
}

/// How many connections are kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    /// So many stay open when they are idle.
    pub(crate) size: usize,
    /// So many more may be open at once.
    pub(crate) max_overflow: usize,
    pub(crate) max_age: Duration,
    pub(crate) pre_ping: bool,
}

/// The server, the database and the account.
#[derive(Clone)]
pub(crate) struct Server(PgConnectOptions);

/// The driver's own options would print the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, port) = (self.0.get_username(), self.0.get_port());
        let database = self.0.get_database().unwrap_or(user);
        match self.0.get_socket() {
            Some(folder) => write!(f, "{user}@{}:{port}/{database}", folder.display()),
            None => write!(f, "{user}@{}:{port}/{database}", self.0.get_host()),
        }
    }
}

impl Server {
    pub(crate) const fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl Config {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let answer_timeout = positive_seconds(environment, "POSTGRES_STATEMENT_TIMEOUT", 30)?;
        Ok(Self {
            server: server(environment, answer_timeout)?,
            schema: schema(environment)?,
            create_table: environment.flag("CREATE_TABLE", true)?,
            connect_timeout: positive_seconds(environment, "POSTGRES_CONNECT_TIMEOUT", 30)?,
            // The server gives up first, and says so.
            answer_timeout: answer_timeout + Duration::from_secs(2),
            pool: pool(environment)?,
        })
    }
}

fn server(environment: &Environment, statement_timeout: Duration) -> Result<Server, EnvironmentError> {
    let host = environment.require(
        "POSTGRES_HOST",
        "set it to the name of the server's host, or to the folder of its socket",
    )?;
    let port = environment.parse("POSTGRES_PORT", "the number of a port")?;
    let options = PgConnectOptions::new_without_pgpass()
        .database(environment.require("POSTGRES_DBNAME", "set it to the name of the database")?)
        .username(environment.require("POSTGRES_USER", "set it to the name of the account")?)
        .port(port.unwrap_or(5432))
        .application_name(environment.name())
        .options(session(environment, statement_timeout)?);
    let options = if host.starts_with('/') {
        options.socket(host)
    } else {
        options.host(host)
    };
    let options = match environment.get("POSTGRES_PASSWORD") {
        Some(password) => options.password(password),
        None => options,
    };
    Ok(Server(encrypted(environment, options, host)?))
}

/// The settings of every session.
fn session(
    environment: &Environment,
    statement_timeout: Duration,
) -> Result<Vec<(&'static str, String)>, EnvironmentError> {
    let lock_timeout = seconds(environment, "POSTGRES_LOCK_TIMEOUT", 0)?;
    let idle_timeout = seconds(environment, "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT", 5)?;
    let milliseconds = |duration: Duration| duration.as_millis().to_string();
    Ok(vec![
        ("lock_timeout", milliseconds(lock_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(idle_timeout)),
        ("statement_timeout", milliseconds(statement_timeout)),
        // A reader's bound has to be older than its snapshot.
        ("default_transaction_isolation", "read committed".to_owned()),
        // Every statement is made for one index; planning anew, or by what was counted in an empty table, only harms.
        ("plan_cache_mode", "force_generic_plan".to_owned()),
        ("enable_seqscan", "off".to_owned()),
        ("jit", "off".to_owned()),
    ])
}

/// Adds how the connection is encrypted: with a verified certificate, unless nobody else can listen.
fn encrypted(
    environment: &Environment,
    options: PgConnectOptions,
    host: &str,
) -> Result<PgConnectOptions, EnvironmentError> {
    const KEY: &str = "POSTGRES_SSL_MODE";
    let mode = match environment.get(KEY).map(str::trim) {
        None | Some("") if is_local(host) => PgSslMode::Prefer,
        None | Some("" | "verify-full") => PgSslMode::VerifyFull,
        Some("verify-ca") => PgSslMode::VerifyCa,
        Some("require") => PgSslMode::Require,
        Some("prefer") => PgSslMode::Prefer,
        Some("disable") => PgSslMode::Disable,
        Some(_) => {
            return Err(environment.invalid(KEY, "one of verify-full, verify-ca, require, prefer, disable"));
        }
    };
    let options = options.ssl_mode(mode);
    Ok(
        match environment
            .get("POSTGRES_SSL_ROOT_CERT")
            .filter(|path| !path.is_empty())
        {
            Some(path) => options.ssl_root_cert(PathBuf::from(path)),
            None => options,
        },
    )
}

/// Whether what goes to `host` stays within this machine.
fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

pub(crate) fn schema(environment: &Environment) -> Result<SqlName, EnvironmentError> {
    const KEY: &str = "POSTGRES_SCHEMA";
    let name = match environment.get(KEY).map_or("", str::trim) {
        "" => "public",
        name => name,
    };
    let fits = name.chars().all(|c| !c.is_ascii_uppercase());
    SqlName::of_application(name).ok().filter(|_| fits).ok_or_else(|| {
        environment.invalid(
            KEY,
            "the name of a schema: small letters, digits and underscores, a letter first, at most 48",
        )
    })
}

fn pool(environment: &Environment) -> Result<Pool, EnvironmentError> {
    const COUNT: &str = "a whole number from 0 to 10000";
    const AGE: &str = "a number of seconds";
    let at_most = |key: &str, default: u16| match environment.parse(key, COUNT)? {
        Some(count) if count > 10_000_u16 => Err(environment.invalid(key, COUNT)),
        count => Ok(usize::from(count.unwrap_or(default))),
    };
    let max_age = environment.parse("POSTGRES_CONN_MAX_AGE", AGE)?.unwrap_or(3600.0);
    let pool = Pool {
        size: at_most("POSTGRES_POOL_SIZE", 5)?,
        max_overflow: at_most("POSTGRES_MAX_OVERFLOW", 10)?,
        max_age: Duration::try_from_secs_f64(max_age)
            .map_err(|_negative| environment.invalid("POSTGRES_CONN_MAX_AGE", AGE))?,
        pre_ping: environment.flag("POSTGRES_PRE_PING", false)?,
    };
    if pool.size + pool.max_overflow == 0 {
        return Err(environment.invalid("POSTGRES_POOL_SIZE", "at least 1 where POSTGRES_MAX_OVERFLOW is 0"));
    }
    Ok(pool)
}

/// What a time-out may be, so that the server's milliseconds do not overflow.
const SECONDS: &str = "a whole number of seconds, at most 2000000";

fn seconds(environment: &Environment, key: &str, default: u32) -> Result<Duration, EnvironmentError> {
    match environment.parse(key, SECONDS)? {
        Some(seconds) if seconds > 2_000_000_u32 => Err(environment.invalid(key, SECONDS)),
        seconds => Ok(Duration::from_secs(seconds.unwrap_or(default).into())),
    }
}

fn positive_seconds(environment: &Environment, key: &str, default: u32) -> Result<Duration, EnvironmentError> {
    let seconds = seconds(environment, key, default)?;
    if seconds.is_zero() {
        return Err(environment.invalid(key, "a whole number of seconds from 1 to 2000000"));
    }
    Ok(seconds)
}
