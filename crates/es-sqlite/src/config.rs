//! What the environment says about the file.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use es_persistence::{Environment, EnvironmentError};

/// Where the database is and how it is used.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) location: Location,
    pub(crate) lock_timeout: Duration,
    pub(crate) synchronous: Synchronous,
    pub(crate) create_table: bool,
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A file.
    File(PathBuf),
    /// A `file:` URI, with options of SQLite's own.
    Uri(String),
    /// Memory that the connections of this process share, as a URI.
    Memory(String),
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Synchronous {
    Normal,
    Full,
    Extra,
}

impl Config {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let name = environment.require(
            "SQLITE_DBNAME",
            "set it to the path of the database file, a file: URI, or :memory:",
        )?;
        let seconds: Option<u32> = environment.parse("SQLITE_LOCK_TIMEOUT", "a whole number of seconds")?;
        Ok(Self {
            location: Location::parse(name),
            lock_timeout: Duration::from_secs(seconds.unwrap_or(5).into()),
            synchronous: synchronous(environment)?,
            create_table: environment.flag("CREATE_TABLE", true)?,
        })
    }
}

fn synchronous(environment: &Environment) -> Result<Synchronous, EnvironmentError> {
    const KEY: &str = "SQLITE_SYNCHRONOUS";
    match environment.get(KEY).unwrap_or("FULL").to_ascii_uppercase().as_str() {
        "NORMAL" => Ok(Synchronous::Normal),
        "FULL" => Ok(Synchronous::Full),
        "EXTRA" => Ok(Synchronous::Extra),
        _ => Err(environment.invalid(KEY, "one of NORMAL, FULL, EXTRA")),
    }
}

impl Location {
    fn parse(name: &str) -> Self {
        match name.strip_prefix("file:") {
            None if name == ":memory:" => Self::memory(&fresh_name()),
            None => Self::File(PathBuf::from(name)),
            Some(uri) if uri.contains("mode=memory") || uri.starts_with(":memory:") => {
                Self::memory(uri.split('?').next().unwrap_or_default())
            }
            Some(_) => Self::Uri(name.to_owned()),
        }
    }

    /// SQLite's own file system in memory: connections to one name share it, with locks as on a disk.
    fn memory(name: &str) -> Self {
        Self::Memory(format!("file:/{}?vfs=memdb", name.trim_start_matches('/')))
    }

    /// What SQLite is asked to open.
    pub(crate) fn filename(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Uri(uri) | Self::Memory(uri) => PathBuf::from(uri),
        }
    }
}

/// A name that no other database in the memory of this process has.
fn fresh_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("es-memory-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Synchronous {
    /// What `PRAGMA synchronous` answers.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Normal => 1,
            Self::Full => 2,
            Self::Extra => 3,
        }
    }

    /// The word of `PRAGMA synchronous`.
    pub(crate) const fn pragma(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Full => "FULL",
            Self::Extra => "EXTRA",
        }
    }
}
