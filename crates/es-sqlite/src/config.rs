//! What the environment says about the file.

use std::{
    path::{self, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use es_persistence::{Environment, EnvironmentError};

use crate::connection::Place;

/// Where the database is and how it is used.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) location: Location,
    pub(crate) lock_timeout: Duration,
    pub(crate) synchronous: Synchronous,
    pub(crate) create_table: bool,
    /// The file that was opened, once it was.
    pub(crate) place: Place,
}

/// How many seconds SQLite can wait at most: it counts milliseconds in 32 bits.
const LONGEST: u32 = i32::MAX.unsigned_abs() / 1000;

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
        Ok(Self {
            location: Location::parse(name),
            lock_timeout: lock_timeout(environment)?,
            synchronous: synchronous(environment)?,
            create_table: environment.flag("CREATE_TABLE", true)?,
            place: Place::default(),
        })
    }
}

pub(crate) fn lock_timeout(environment: &Environment) -> Result<Duration, EnvironmentError> {
    const KEY: &str = "SQLITE_LOCK_TIMEOUT";
    let allowed = format!("a whole number of seconds up to {LONGEST}");
    match environment.parse(KEY, &allowed)?.unwrap_or(5) {
        seconds @ 0..=LONGEST => Ok(Duration::from_secs(seconds.into())),
        _ => Err(environment.invalid(KEY, allowed)),
    }
}

fn synchronous(environment: &Environment) -> Result<Synchronous, EnvironmentError> {
    const KEY: &str = "SQLITE_SYNCHRONOUS";
    match environment
        .text(KEY)?
        .unwrap_or("FULL")
        .trim()
        .to_ascii_uppercase()
        .as_str()
    {
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
            // A relative path would mean another file when the process changes its folder.
            None => Self::File(path::absolute(name).unwrap_or_else(|_| PathBuf::from(name))),
            Some(uri) if uri.contains("mode=memory") || uri.starts_with(":memory:") => {
                Self::memory(uri.split('?').next().unwrap_or_default())
            }
            Some(_) => Self::Uri(name.to_owned()),
        }
    }

    /// SQLite's own file system in memory: connections to one name share it, with locks as on a disk.
    pub(crate) fn memory(name: &str) -> Self {
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
pub(crate) fn fresh_name() -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_the_same_file_when_the_process_changes_its_folder() {
        let Location::File(path) = Location::parse("events.sqlite") else {
            panic!("it is no file")
        };
        assert!(path.is_absolute() && path.ends_with("events.sqlite"), "{path:?}");
    }
}
