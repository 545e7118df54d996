//! Where the password of a new connection comes from, when no setting has it.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use es_persistence::BoxFuture;
use tokio::task::JoinSet;

/// Gives the password of each new connection: a token that expires, say, or a secret that others replace.
///
/// It is passed to [`factory_with`](crate::factory_with).
///
/// ```
/// use es_persistence::BoxFuture;
/// use es_postgres::{Account, NoPassword, PasswordProvider};
///
/// /// Has the password in a file, which others write.
/// struct Mounted(std::path::PathBuf);
///
/// impl PasswordProvider for Mounted {
///     fn password<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<String, NoPassword>> {
///         Box::pin(async move {
///             let text = std::fs::read_to_string(self.0.join(account.user()))?;
///             Ok(text.trim_end().to_owned())
///         })
///     }
/// }
///
/// let postgres = es_postgres::factory_with(Mounted("/run/secrets".into()));
/// assert_eq!(postgres.module(), "postgres");
/// ```
///
/// # Implementing
///
/// Several connections may ask at once, and a save or a read waits for the answer: keep a token for as long as it is
/// valid. The server looks at it only when a connection is made; one that is open outlives it, by no more than
/// `POSTGRES_CONN_MAX_AGE`. A save that cannot connect tries again for some seconds, and asks each time.
pub trait PasswordProvider: Send + Sync + 'static {
    /// Returns the password of `account` for a connection that is made now.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from having one. The call that needs the connection fails with
    /// [`Unavailable`](es_persistence::RecorderErrorKind::Unavailable), and has this among its sources: no password
    /// should be in its text.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when `POSTGRES_CONNECT_TIMEOUT` has passed, or whoever needs the connection has gone away.
    fn password<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<String, NoPassword>>;
}

/// Why a [`PasswordProvider`] has no password.
pub type NoPassword = Box<dyn Error + Send + Sync>;

/// Whose password is asked for, and where it will be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    host: Box<str>,
    port: u16,
    database: Box<str>,
    user: Box<str>,
}

impl Account {
    pub(crate) fn new(host: &str, port: u16, database: &str, user: &str) -> Self {
        Self {
            host: host.into(),
            port,
            database: database.into(),
            user: user.into(),
        }
    }

    /// The server's host, or the folder of its socket.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The server's port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The account's name.
    pub fn user(&self) -> &str {
        &self.user
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            database,
            user,
        } = self;
        write!(f, "{user}@{host}:{port}/{database}")
    }
}

/// No password was given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error(
        "the password provider has none for {account}: see that what it asks can be reached, and answers this account"
    )]
    None { account: Account, source: NoPassword },
    #[error("the password provider has panicked")]
    Panicked,
    #[error("the password provider has not answered in {} s: see what it waits for, and POSTGRES_CONNECT_TIMEOUT", .0.as_secs())]
    Late(Duration),
}

/// Asks `provider`, whose panic must not end those who write.
pub(crate) async fn ask(provider: &Arc<dyn PasswordProvider>, account: &Account) -> Result<String, PasswordError> {
    let (provider, asked) = (Arc::clone(provider), account.clone());
    let mut task = JoinSet::new();
    let _handle = task.spawn(async move { provider.password(&asked).await });
    match task.join_next().await {
        Some(Ok(answer)) => answer.map_err(|source| PasswordError::None {
            account: account.clone(),
            source,
        }),
        // What it has panicked with may have the password in it, and was printed by it.
        Some(Err(_)) | None => Err(PasswordError::Panicked),
    }
}
