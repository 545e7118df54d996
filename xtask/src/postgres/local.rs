//! A private cluster in a temporary folder, run by the server programs of this machine.

use std::env;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::account::Account;
use super::readiness::{self, Starting};
use super::{NAME, secret};
use crate::error::Error;
use crate::program;

/// Where Debian keeps the server programs, off the PATH, one folder a major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// How the folder's name begins.
const PREFIX: &str = "xtask-postgres-";

/// A cluster whose server is stopped, and whose folder is removed, when this value is dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    account: Account,
    folder: PathBuf,
    password: String,
    port: u16,
}

impl Cluster {
    /// Makes a cluster, starts its server and waits until it takes connections.
    pub(super) fn start() -> Result<Self, Error> {
        let programs =
            programs().ok_or_else(|| Error::Missing("the programs of a server are not installed".to_owned()))?;
        let password = secret();
        let name = format!("{PREFIX}{}", secret());
        // The value exists before the folder does, so that a failure halfway removes it too.
        let cluster = Self {
            programs,
            account: Account::find()?,
            folder: env::temp_dir().join(name),
            password,
            port: free_port()?,
        };
        cluster.make()?;
        cluster.pg_ctl(&["--wait", "--timeout=60", "start"])?;
        readiness::wait(&cluster)?;
        Ok(cluster)
    }

    /// Returns what `restored` needs to name the same cluster again.
    pub(super) fn state(&self) -> Value {
        json!({
            "programs": self.programs,
            "folder": self.folder,
            "password": self.password,
            "port": self.port,
        })
    }

    /// Returns the cluster of an earlier process, whether or not its server still runs.
    pub(super) fn restored(state: &Value) -> Option<Self> {
        let folder = PathBuf::from(state["folder"].as_str()?);
        // It will be removed with all that is in it.
        if !folder.file_name()?.to_str()?.starts_with(PREFIX) {
            return None;
        }
        Some(Self {
            programs: PathBuf::from(state["programs"].as_str()?),
            account: Account::find().ok()?,
            folder,
            password: state["password"].as_str()?.to_owned(),
            port: state["port"].as_u64()?.try_into().ok()?,
        })
    }

    pub(super) fn programs(&self) -> &Path {
        &self.programs
    }

    pub(super) fn url(&self) -> String {
        super::url(self.port, &self.password)
    }

    /// Returns the psql that belongs to the server.
    pub(super) fn psql(&self) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.env("PGPASSWORD", &self.password)
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--username", NAME, "--dbname", NAME]);
        psql
    }

    fn make(&self) -> Result<(), Error> {
        file(&self.folder, fs::create_dir(&self.folder))?;
        self.account.own(&self.folder)?;
        let password = self.folder.join("password");
        private_file(&password, &self.password)?;
        self.account.own(&password)?;
        let mut initdb = self.command("initdb");
        initdb
            .arg("--pgdata")
            .arg(self.data())
            .arg("--pwfile")
            .arg(&password)
            .args(["--username", NAME, "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        program::capture(&mut initdb)?;
        self.configure()
    }

    /// Appends the settings; the last one of a name counts.
    fn configure(&self) -> Result<(), Error> {
        let path = self.data().join("postgresql.conf");
        let mut settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\n",
            self.port
        );
        for setting in super::SETTINGS {
            settings.push_str(setting);
            settings.push('\n');
        }
        let written = fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(settings.as_bytes()));
        file(&path, written)
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(self.log());
        match program::capture(pg_ctl.args(arguments)) {
            Ok(_) => Ok(()),
            Err(Error::Failed { output, .. }) => Err(Error::NotReady {
                server: Self::WHAT,
                answer: output.trim().to_owned(),
                log: self.end_of_log(),
            }),
            Err(error) => Err(error),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.account.command(&self.programs.join(program));
        // The current folder may be closed to the other account.
        command.current_dir(&self.folder);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Starting for Cluster {
    const WHAT: &'static str = "cluster";

    fn port(&self) -> u16 {
        self.port
    }

    fn is_running(&self) -> bool {
        self.data().join("postmaster.pid").exists()
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_else(|error| error.to_string());
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.is_running()
            && let Err(error) = self.pg_ctl(&["--mode=immediate", "--wait", "stop"])
        {
            eprintln!("xtask: a server may be left: {}", error.chain());
        }
        if self.folder.exists()
            && let Err(error) = file(&self.folder, fs::remove_dir_all(&self.folder))
        {
            eprintln!("xtask: a folder is left: {}", error.chain());
        }
    }
}

/// Finds the folder that holds the programs of the newest server.
fn programs() -> Option<PathBuf> {
    // With the client only, pg_config names a folder without the server.
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).exists())
    };
    let configured =
        program::capture(Command::new("pg_config").arg("--bindir")).map(|answer| PathBuf::from(answer.trim()));
    configured
        .into_iter()
        .chain(packaged())
        .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default()))
        .find(complete)
}

/// Returns the folders of Debian's packages, the newest version first.
fn packaged() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions
        .into_iter()
        .map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin"))
        .collect()
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener.and_then(|listener| listener.local_addr());
    file(Path::new("a loopback port"), port).map(|address| address.port())
}

fn private_file(path: &Path, text: &str) -> Result<(), Error> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    file(path, written)
}

fn file<T>(path: &Path, outcome: std::io::Result<T>) -> Result<T, Error> {
    outcome.map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}
