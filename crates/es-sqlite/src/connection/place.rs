//! Whether a file is still the one that was opened.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;

use crate::{
    config::{Config, Location},
    error::Failure,
};

/// A file that is open, known by its number.
///
/// SQLite goes on writing into a file that was removed, renamed or replaced while it was open: what it says is stored then
/// cannot be found where everybody looks for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(Option<Arc<Known>>);

#[derive(Debug)]
struct Known {
    path: PathBuf,
    id: FileId,
    opened: Instant,
    /// How many microseconds after that the file was last seen where it has to be.
    seen: AtomicU64,
    /// For how long after that it is not looked for again.
    trust: Duration,
}

/// The main file is looked for between two saves.
const TRUST: Duration = Duration::from_millis(1);

/// The log seldom: a file system whose times are as fine as they are asked for has to write them to the disk with the first
/// change after each question, so that a commit after a look takes a third longer.
const TRUST_IN_LOG: Duration = Duration::from_millis(100);

/// The device and the number of a file on it.
type FileId = (u64, u64);

/// A file is not where it was opened.
#[derive(Debug, thiserror::Error)]
#[error("{} was removed or replaced while it was open: put it back, or open the store again", path.display())]
struct MovedError {
    path: PathBuf,
}

impl Place {
    /// The main file of `connection`, if it has one.
    pub(crate) async fn of(config: &Config, connection: &mut SqliteConnection) -> Result<Self, Failure> {
        if matches!(config.location, Location::Memory(_)) {
            return Ok(Self::default());
        }
        let main = "SELECT file FROM pragma_database_list WHERE name = 'main'";
        let path: Option<String> = sqlx::query_scalar(main).fetch_one(connection).await?;
        Ok(path.map_or_else(Self::default, |path| Self::at(path.into(), TRUST)))
    }

    /// The write-ahead log of the file.
    pub(crate) fn log(&self) -> Self {
        let Some(known) = &self.0 else {
            return Self::default();
        };
        let mut path = known.path.clone().into_os_string();
        path.push("-wal");
        Self::at(path.into(), TRUST_IN_LOG)
    }

    fn at(path: PathBuf, trust: Duration) -> Self {
        let id = file_id(&path);
        Self(id.ok().flatten().map(|id| {
            Arc::new(Known {
                path,
                id,
                opened: Instant::now(),
                seen: AtomicU64::new(0),
                trust,
            })
        }))
    }

    /// Refuses to go on with a file that is no longer where it was a moment ago.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.0 {
            Some(known) if !known.was_seen_lately() && !known.look() => {
                let path = known.path.clone();
                Err(Failure::moved(MovedError { path }))
            }
            _ => Ok(()),
        }
    }

    /// Looks whether the file is there, for the next [`check`](Self::check): a microsecond or two, which a writer has while
    /// it waits for the disk and not before.
    pub(crate) fn look(&self) {
        if let Some(known) = &self.0 {
            known.look();
        }
    }
}

impl Known {
    fn was_seen_lately(&self) -> bool {
        let seen = Duration::from_micros(self.seen.load(Relaxed));
        self.opened.elapsed().saturating_sub(seen) < self.trust
    }

    fn look(&self) -> bool {
        let is_there = file_id(&self.path).ok().flatten() == Some(self.id);
        let now = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        let seen = if is_there { now } else { 0 };
        self.seen.store(seen, Relaxed);
        is_there
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = fs::metadata(path)?;
    Ok(Some((metadata.dev(), metadata.ino())))
}

/// Elsewhere a file that is open can be neither removed nor replaced.
#[cfg(not(unix))]
fn file_id(path: &Path) -> io::Result<Option<FileId>> {
    fs::metadata(path).map(|_| None)
}
