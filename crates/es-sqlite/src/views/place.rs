//! Where the files of read models are.

use std::{
    fs, io,
    path::{self, PathBuf},
    time::Duration,
};

use es_persistence::{Environment, EnvironmentError, Operation, RecorderError, RecorderErrorKind};

use crate::{
    STORE,
    config::{self, Config, Location, Synchronous},
    connection,
};

/// Where the files of read models are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    files: Files,
    lock_timeout: Duration,
    create: bool,
}

#[derive(Clone, Debug)]
enum Files {
    Folder(PathBuf),
    /// Memory of this process, with the beginning of all names in it.
    Memory(String),
}

impl Place {
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let folder = match environment.text("SQLITE_VIEWS")? {
            Some(folder) => folder.to_owned(),
            None => beside(environment.require(
                "SQLITE_DBNAME",
                "set it, or SQLITE_VIEWS to a folder for the files of read models, or to :memory:",
            )?),
        };
        let files = if folder == ":memory:" {
            Files::Memory(config::fresh_name())
        } else {
            // A relative path would mean another folder when the process changes its own.
            Files::Folder(path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder)))
        };
        Ok(Self {
            files,
            lock_timeout: config::lock_timeout(environment)?,
            create: environment.flag("CREATE_TABLE", true)?,
        })
    }

    /// The settings of the file with this name.
    pub(super) fn file(&self, name: &str) -> Config {
        let location = match &self.files {
            Files::Folder(folder) => Location::File(folder.join(format!("{name}.sqlite"))),
            Files::Memory(prefix) => Location::memory(&format!("{prefix}-{name}")),
        };
        Config {
            location,
            lock_timeout: self.lock_timeout,
            synchronous: Synchronous::Normal,
            create_table: self.create,
            place: connection::Place::default(),
        }
    }

    /// Makes the folder.
    pub(super) fn make(&self) -> Result<(), RecorderError> {
        match &self.files {
            Files::Folder(folder) if self.create => fs::create_dir_all(folder).map_err(|error| {
                RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Unavailable)
                    .with_source(format!("the folder {} cannot be made ({error})", folder.display()))
            }),
            _ => Ok(()),
        }
    }

    /// Removes the file with this name, which nobody uses.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        let Files::Folder(folder) = &self.files else {
            return Ok(());
        };
        for suffix in ["", "-wal", "-shm"] {
            match fs::remove_file(folder.join(format!("{name}.sqlite{suffix}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The folder of read models beside a log.
fn beside(log: &str) -> String {
    match log.strip_prefix("file:") {
        _ if log == ":memory:" => log.to_owned(),
        Some(uri) if uri.contains("mode=memory") || uri.starts_with(":memory:") => ":memory:".to_owned(),
        Some(uri) => format!("{}-views", uri.split('?').next().unwrap_or_default()),
        None => format!("{log}-views"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_models_are_beside_the_log_if_nothing_else_is_said() {
        for (log, folder) in [
            ("dogs.sqlite", "dogs.sqlite-views"),
            (":memory:", ":memory:"),
            ("file:/var/dogs.sqlite?cache=private", "/var/dogs.sqlite-views"),
            ("file:dogs?mode=memory", ":memory:"),
        ] {
            assert_eq!(beside(log), folder);
        }
        Place::from_environment(&Environment::new("Dogs")).unwrap_err();
    }
}
