//! What the environment says about the server.

use std::{fmt, sync::Arc, time::Duration};

use es_persistence::{Environment, EnvironmentError};
use es_sql::SqlName;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::{
    connections::Pool,
    encryption::encrypted,
    password::{self, Account, PasswordError, PasswordProvider},
};

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
    /// How long a transaction may do nothing.
    pub(crate) idle_in_transaction: Duration,
    pub(crate) pool: PoolLimits,
    /// The settings of every session, set by a statement: poolers refuse them in the start-up message.
    pub(crate) session: Arc<[(&'static str, String)]>,
    /// The pool that the application shares with others.
    pub(crate) shared: Option<Pool>,
}

/// How many connections are kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLimits {
    /// So many stay open when they are idle.
    pub(crate) size: usize,
    /// So many more may be open at once.
    pub(crate) max_overflow: usize,
    pub(crate) max_age: Duration,
    pub(crate) pre_ping: bool,
}

/// The server, the database and the account.
#[derive(Clone)]
pub(crate) struct Server {
    options: PgConnectOptions,
    account: Account,
    provider: Option<Arc<dyn PasswordProvider>>,
}

/// The driver's own options would print the password, and so may the provider.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.account.fmt(f)
    }
}

impl Server {
    /// What a new connection is made with. The provider is asked for the password each time, as the last one may have
    /// expired.
    pub(crate) async fn options(&self) -> Result<PgConnectOptions, PasswordError> {
        let options = self.options.clone().disable_statement_logging();
        match &self.provider {
            Some(provider) => Ok(options.password(&password::ask(provider, &self.account).await?)),
            None => Ok(options),
        }
    }
}

impl Config {
    /// What the environment says, with the passwords of `provider`, if there is one.
    pub(crate) fn from_environment(
        environment: &Environment,
        provider: Option<Arc<dyn PasswordProvider>>,
    ) -> Result<Self, EnvironmentError> {
        let answer_timeout = positive_seconds(environment, "POSTGRES_STATEMENT_TIMEOUT", 30)?;
        Ok(Self {
            server: server(environment, provider)?,
            schema: schema(environment)?,
            create_table: environment.flag("CREATE_TABLE", true)?,
            connect_timeout: positive_seconds(environment, "POSTGRES_CONNECT_TIMEOUT", 30)?,
            // The server gives up first, and says so.
            answer_timeout: answer_timeout + Duration::from_secs(2),
            idle_in_transaction: idle_in_transaction(environment)?,
            pool: pool(environment)?,
            session: session(environment, answer_timeout)?.into(),
            shared: None,
        })
    }

    /// The settings of read models. What is set for the statements of the store would harm those of projections.
    pub(crate) fn of_views(environment: &Environment) -> Result<Self, EnvironmentError> {
        let mut config = Self::from_environment(environment, None)?;
        config.session = Arc::new([]);
        // A connection that has died while it was idle is replaced, so that a restart of the server is no error of a reader.
        config.pool.pre_ping = true;
        Ok(config)
    }

    /// What the environment says of the application's tables; everything else is as in `pool`.
    pub(crate) fn with_pool(environment: &Environment, pool: &Pool) -> Result<Self, EnvironmentError> {
        Ok(Self {
            schema: schema(environment)?,
            create_table: environment.flag("CREATE_TABLE", true)?,
            shared: Some(pool.clone()),
            ..pool.0.config().clone()
        })
    }
}

fn server(environment: &Environment, provider: Option<Arc<dyn PasswordProvider>>) -> Result<Server, EnvironmentError> {
    let account = account(environment)?;
    let options = PgConnectOptions::new_without_pgpass()
        .database(account.database())
        .username(account.user())
        .port(account.port())
        .application_name(environment.name())
        // Poolers refuse it, and no number here is a float.
        .extra_float_digits(None);
    let options = if account.host().starts_with('/') {
        options.socket(account.host())
    } else {
        options.host(account.host())
    };
    let options = match (environment.text("POSTGRES_PASSWORD")?, &provider) {
        (Some(password), None) => options.password(password),
        _ => options,
    };
    if provider.is_none() {
        refuse_topic(environment)?;
    }
    Ok(Server {
        options: encrypted(environment, options, account.host())?,
        account,
        provider,
    })
}

fn account(environment: &Environment) -> Result<Account, EnvironmentError> {
    let host = environment.require(
        "POSTGRES_HOST",
        "set it to the name of the server's host, or to the folder of its socket",
    )?;
    let port = environment.parse("POSTGRES_PORT", "the number of a port")?;
    Ok(Account::new(
        host,
        port.unwrap_or(5432),
        environment.require("POSTGRES_DBNAME", "set it to the name of the database")?,
        environment.require("POSTGRES_USER", "set it to the name of the account")?,
    ))
}

/// Who names a function that gives passwords must not be left with none.
fn refuse_topic(environment: &Environment) -> Result<(), EnvironmentError> {
    const KEY: &str = "POSTGRES_GET_PASSWORD_TOPIC";
    match environment.text(KEY)? {
        None => Ok(()),
        Some(_) => Err(environment.invalid(
            KEY,
            "a function that can be called from here: give a PasswordProvider to es_postgres::factory_with",
        )),
    }
}

/// The settings of every session.
fn session(
    environment: &Environment,
    statement_timeout: Duration,
) -> Result<Vec<(&'static str, String)>, EnvironmentError> {
    let lock_timeout = seconds(environment, "POSTGRES_LOCK_TIMEOUT", 0)?;
    let idle_timeout = idle_in_transaction(environment)?;
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

fn idle_in_transaction(environment: &Environment) -> Result<Duration, EnvironmentError> {
    seconds(environment, "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT", 5)
}

pub(crate) fn schema(environment: &Environment) -> Result<SqlName, EnvironmentError> {
    const KEY: &str = "POSTGRES_SCHEMA";
    let name = environment.text(KEY)?.map_or("public", str::trim);
    let fits = name.chars().all(|c| !c.is_ascii_uppercase());
    SqlName::of_application(name).ok().filter(|_| fits).ok_or_else(|| {
        environment.invalid(
            KEY,
            "the name of a schema: small letters, digits and underscores, a letter first, at most 48",
        )
    })
}

fn pool(environment: &Environment) -> Result<PoolLimits, EnvironmentError> {
    const COUNT: &str = "a whole number from 0 to 10000";
    const AGE: &str = "a number of seconds";
    let at_most = |key: &str, default: u16| match environment.parse(key, COUNT)? {
        Some(count) if count > 10_000_u16 => Err(environment.invalid(key, COUNT)),
        count => Ok(usize::from(count.unwrap_or(default))),
    };
    let max_age = environment.parse("POSTGRES_CONN_MAX_AGE", AGE)?.unwrap_or(3600.0);
    let pool = PoolLimits {
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
