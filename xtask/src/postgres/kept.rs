//! The server that `postgres up` leaves running, between the commands that use it.

use std::fs;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Server;
use super::docker::Container;
use super::local::Cluster;
use super::readiness;
use crate::error::Error;

/// Where a server that outlives this process is written down.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Returns the place that belongs to the checkout at `root`.
    pub(super) fn of(root: &Path) -> Self {
        Self {
            path: root.join("target").join("xtask-postgres.json"),
        }
    }

    /// Returns the server that was kept, if it takes connections. It goes on running afterwards.
    pub(super) fn server(&self) -> Result<Option<ManuallyDrop<Server>>, Error> {
        let server = self.read()?.map(ManuallyDrop::new);
        Ok(server.filter(|server| server.port().is_some_and(readiness::is_ready)))
    }

    /// Keeps `server` running and writes down how to find it.
    pub(super) fn keep(&self, server: Server) -> Result<(), Error> {
        let state = match &server {
            Server::Given(_) => return Ok(()),
            Server::Docker(container) => json!({ "docker": container.state() }),
            Server::Local(cluster) => json!({ "local": cluster.state() }),
        };
        self.write(&state).map_err(|source| self.error(source))?;
        // Only what is written down may be left running.
        let _running = ManuallyDrop::new(server);
        Ok(())
    }

    /// Removes the server that was kept; returns whether there was one.
    pub(super) fn remove(&self) -> Result<bool, Error> {
        let Some(server) = self.read()? else {
            return Ok(false);
        };
        drop(server);
        fs::remove_file(&self.path).map_err(|source| self.error(source))?;
        Ok(true)
    }

    fn read(&self) -> Result<Option<Server>, Error> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error(error)),
        };
        let state: Value = serde_json::from_str(&text).map_err(|source| self.error(source.into()))?;
        let docker = Container::restored(&state["docker"]).map(Server::Docker);
        let server = docker.or_else(|| Cluster::restored(&state["local"]).map(Server::Local));
        let unknown = || self.error(io::Error::other("it names no server"));
        server.map(Some).ok_or_else(unknown)
    }

    fn write(&self, state: &Value) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // The password is in it.
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        write!(options.open(&self.path)?, "{state}")
    }

    fn error(&self, source: io::Error) -> Error {
        Error::File {
            path: self.path.clone(),
            source,
        }
    }
}
