//! The two kinds of connections: the one that writes, and those that read.

mod place;

use std::{
    error, fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use es_persistence::{Operation, RecorderError, RecorderErrorKind};
use rusqlite::OpenFlags;
use sqlx::{
    ConnectOptions as _, Decode, Sqlite, SqliteConnection, Type,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::time::sleep;

pub(crate) use self::place::Place;
use crate::{
    STORE,
    config::{Config, Location},
    error::Failure,
};

/// The oldest SQLite whose write-ahead log is sound (3.7.0 to 3.51.2 can corrupt it when it is reset).
const OLDEST: i32 = 3_051_003;

/// How long to wait before a file that is busy is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// Opens the connection that writes, and makes the file when it is not there.
pub(crate) async fn open_writer(config: &Config) -> Result<SqliteConnection, RecorderError> {
    check_version()?;
    check_file(config)?;
    let mut connection = connect(config).await.map_err(|failure| cannot_open(config, failure))?;
    check_settings(config, &mut connection).await?;
    Ok(connection)
}

/// SQLite waits for a lock everywhere but where a new file is given its write-ahead log: there it says at once that
/// somebody else is doing so.
async fn connect(config: &Config) -> Result<SqliteConnection, Failure> {
    let deadline = Instant::now() + config.lock_timeout;
    loop {
        match writer_options(config).connect().await.map_err(Failure::from) {
            Err(failure) if failure.is_busy() && Instant::now() < deadline => sleep(PAUSE).await,
            outcome => return outcome,
        }
    }
}

fn writer_options(config: &Config) -> SqliteConnectOptions {
    let journal_mode = match config.location {
        Location::Memory(_) => SqliteJournalMode::Memory,
        Location::File(_) | Location::Uri(_) => SqliteJournalMode::Wal,
    };
    options(config)
        .create_if_missing(config.create_table)
        .journal_mode(journal_mode)
        // Errors tell what statements would.
        .disable_statement_logging()
}

/// What makes commits as safe as they have to be.
pub(crate) fn options(config: &Config) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(config.location.filename())
        .busy_timeout(config.lock_timeout)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("recursive_triggers", "ON")
        .pragma("synchronous", config.synchronous.pragma())
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(config: &Config) -> Result<rusqlite::Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = match config.location {
        // Connections that share memory have to be of one kind.
        Location::Memory(_) => flags | OpenFlags::SQLITE_OPEN_READ_WRITE,
        Location::File(_) | Location::Uri(_) => flags | OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = rusqlite::Connection::open_with_flags(config.location.filename(), flags)?;
    connection.busy_timeout(config.lock_timeout)?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    Ok(connection)
}

fn check_version() -> Result<(), RecorderError> {
    if rusqlite::version_number() >= OLDEST {
        return Ok(());
    }
    let cause = format!(
        "SQLite {} can corrupt its write-ahead log; link 3.51.3 or later",
        rusqlite::version()
    );
    Err(open_error(RecorderErrorKind::Unavailable).with_source(cause))
}

/// Says in words what SQLite says in a number.
///
/// The file is looked at and never opened: to close it would take away the locks that this process has on it by other
/// connections.
fn check_file(config: &Config) -> Result<(), RecorderError> {
    let Location::File(path) = &config.location else {
        return Ok(());
    };
    let fault = match fs::metadata(path) {
        Ok(file) if file.is_file() => return Ok(()),
        Ok(folder) if folder.is_dir() => format!("{} is a folder: name a file in it", path.display()),
        Ok(_) => format!("{} is no regular file: name one", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => match missing(config, path) {
            Some(fault) => fault,
            None => return Ok(()),
        },
        Err(error) => format!("{} cannot be a file that is opened ({error})", path.display()),
    };
    Err(open_error(RecorderErrorKind::Unavailable).with_source(fault))
}

/// Why a file that is not there cannot be made.
fn missing(config: &Config, path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => Some(format!("there is no folder {}: make it first", folder.display())),
        None if config.create_table => None,
        None => Some(format!(
            "there is no file {}; let CREATE_TABLE be yes once, or make it beforehand",
            path.display()
        )),
    }
}

/// A file system that cannot share memory between processes, or a setting of the file itself, may overrule what was
/// asked for; then what is saved would be less safe than promised.
async fn check_settings(config: &Config, connection: &mut SqliteConnection) -> Result<(), RecorderError> {
    if matches!(config.location, Location::Memory(_)) {
        return Ok(());
    }
    let journal: String = pragma(config, connection, "PRAGMA journal_mode").await?;
    if !journal.eq_ignore_ascii_case("wal") {
        let cause = format!("the journal mode stays {journal}, and this store needs WAL: put the file on a local disk");
        return Err(open_error(RecorderErrorKind::Unavailable).with_source(cause));
    }
    let synchronous: i64 = pragma(config, connection, "PRAGMA synchronous").await?;
    if synchronous == config.synchronous.number() {
        return Ok(());
    }
    let cause = format!(
        "synchronous is {synchronous} instead of {}: it cannot be set",
        config.synchronous.number()
    );
    Err(open_error(RecorderErrorKind::Unavailable).with_source(cause))
}

async fn pragma<T>(config: &Config, connection: &mut SqliteConnection, query: &'static str) -> Result<T, RecorderError>
where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Send + Unpin,
{
    let value = sqlx::query_scalar(query).fetch_one(connection).await;
    value.map_err(|error| cannot_open(config, error.into()))
}

/// The error that says which file cannot be opened, and what to do.
pub(crate) fn cannot_open(config: &Config, failure: Failure) -> RecorderError {
    let kind = failure.kind(Operation::Open);
    let fault = FileFault {
        path: config.location.filename(),
        advice: advice(&failure, &kind),
        source: failure.into_source(),
    };
    open_error(kind).with_source(fault)
}

/// What to do about a failure, or `None` if it says that itself.
fn advice(failure: &Failure, kind: &RecorderErrorKind) -> Option<&'static str> {
    match kind {
        _ if failure.is_busy() => {
            Some("another process has it locked: wait for it, or let SQLITE_LOCK_TIMEOUT be longer")
        }
        RecorderErrorKind::Corrupt => {
            Some("it is no SQLite database, or damaged: name another file, or restore this one")
        }
        RecorderErrorKind::ReadOnly => Some("it may not be written: give this user the right to, for the folder too"),
        RecorderErrorKind::Unavailable => Some("it cannot be opened: see the rights of the file and its folder"),
        _ => None,
    }
}

const fn open_error(kind: RecorderErrorKind) -> RecorderError {
    RecorderError::new(STORE, Operation::Open, kind)
}

/// Which file, and what to do about it.
#[derive(Debug)]
struct FileFault {
    path: PathBuf,
    advice: Option<&'static str>,
    source: Box<dyn error::Error + Send + Sync>,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.advice {
            Some(advice) => write!(f, "{}: {advice}", self.path.display()),
            None => write!(f, "{}: {}", self.path.display(), self.source),
        }
    }
}

impl error::Error for FileFault {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self.advice {
            Some(_) => Some(&*self.source),
            None => self.source.source(),
        }
    }
}
