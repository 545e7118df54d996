//! Whether a file is still the one that was opened.

use std::{
    fs, io,
    path::{Path, PathBuf},
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
pub(crate) struct Place(Option<(PathBuf, FileId)>);

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
        Ok(path.map_or_else(Self::default, |path| Self::at(path.into())))
    }

    /// The write-ahead log of the file.
    pub(crate) fn log(&self) -> Self {
        let Some((path, _)) = &self.0 else {
            return Self::default();
        };
        let mut path = path.clone().into_os_string();
        path.push("-wal");
        Self::at(path.into())
    }

    fn at(path: PathBuf) -> Self {
        let id = file_id(&path);
        Self(id.ok().flatten().map(|id| (path, id)))
    }

    /// Refuses to go on with a file that is no longer where it was. Takes about a microsecond.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.0 {
            Some((path, id)) if file_id(path).ok().flatten() != Some(*id) => {
                let path = path.clone();
                Err(Failure::moved(MovedError { path }))
            }
            _ => Ok(()),
        }
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
