//! A server in a Docker container.

use std::env;
use std::io::{self, IsTerminal};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::readiness::{self, Starting};
use super::{NAME, secret};
use crate::error::Error;
use crate::program;

const IMAGE_VARIABLE: &str = "ES_POSTGRES_IMAGE";
const DEFAULT_IMAGE: &str = "postgres:17";

/// How long the download of the image may take.
const PULL_LIMIT: Duration = Duration::from_mins(5);

/// A container that is removed, with its data, when this value is dropped.
#[derive(Debug)]
pub(crate) struct Container {
    image: String,
    name: String,
    password: String,
    port: u16,
}

impl Container {
    /// Starts a container of the image that the environment names, or of the default one.
    pub(super) fn start() -> Result<Self, Error> {
        Self::start_of(env::var(IMAGE_VARIABLE).unwrap_or_else(|_| DEFAULT_IMAGE.to_owned()))
    }

    /// Starts a container of `image` and waits until it takes connections.
    pub(super) fn start_of(image: String) -> Result<Self, Error> {
        // A daemon that cannot be reached answers with a failure.
        docker(&["version", "--format", "{{.Server.Version}}"]).map_err(|error| {
            advised(
                error,
                "no Docker: see that it is installed and runs, or use another server (`integration --url`, `integration --local`)",
            )
        })?;
        if docker(&["image", "inspect", &image]).is_err() {
            let mut pull = Command::new("docker");
            program::run_within(pull.args(["pull", &image]), PULL_LIMIT).map_err(|error| {
                advised(
                    error,
                    "no such image: name one of those that `docker images` lists, by `--image` or ES_POSTGRES_IMAGE",
                )
            })?;
        }
        // The value exists before the container does, so that a failure halfway removes it too.
        let mut container = Self {
            image,
            // No process ID: runs in several containers may share one daemon.
            name: format!("xtask-postgres-{}", secret()),
            password: secret(),
            port: 0,
        };
        container.run()?;
        container.port = match container.published_port() {
            Ok(port) => port,
            Err(_) if !container.is_running() => return Err(readiness::ended(&container)),
            Err(error) => return Err(error),
        };
        readiness::wait(&container)?;
        Ok(container)
    }

    /// Returns what `restored` needs to name the same container again.
    pub(super) fn state(&self) -> Value {
        json!({
            "image": self.image,
            "name": self.name,
            "password": self.password,
            "port": self.port,
        })
    }

    /// Returns the container of an earlier process, whether or not it still runs.
    pub(super) fn restored(state: &Value) -> Option<Self> {
        Some(Self {
            image: state["image"].as_str()?.to_owned(),
            name: state["name"].as_str()?.to_owned(),
            password: state["password"].as_str()?.to_owned(),
            port: state["port"].as_u64()?.try_into().ok()?,
        })
    }

    pub(super) fn image(&self) -> &str {
        &self.image
    }

    pub(super) fn url(&self) -> String {
        super::url(self.port, &self.password)
    }

    /// Returns the psql of the image.
    pub(super) fn psql(&self) -> Command {
        let mut psql = Command::new("docker");
        psql.env("PGPASSWORD", &self.password)
            .args(["exec", "--interactive"])
            .args(io::stdin().is_terminal().then_some("--tty"))
            .args(["--env", "PGPASSWORD", &self.name])
            .args(["psql", "--host", "127.0.0.1", "--username", NAME, "--dbname", NAME]);
        psql
    }

    fn run(&self) -> Result<(), Error> {
        let mut docker = Command::new("docker");
        // By name only, so that the password is not in the list of processes.
        docker
            .env("POSTGRES_PASSWORD", &self.password)
            .args(["run", "--detach", "--name", &self.name])
            .args(["--env", "POSTGRES_PASSWORD", "--publish", "127.0.0.1::5432"])
            .arg(&self.image);
        for setting in super::SETTINGS {
            docker.args(["-c", setting]);
        }
        program::capture(&mut docker).map(drop)
    }

    fn published_port(&self) -> Result<u16, Error> {
        let addresses = docker(&["port", &self.name, "5432/tcp"])?;
        addresses
            .lines()
            .find_map(|address| address.rsplit(':').next()?.trim().parse().ok())
            .ok_or_else(|| Error::Missing("the container has no port on this machine".to_owned()))
    }
}

impl Starting for Container {
    const WHAT: &'static str = "container";

    fn port(&self) -> u16 {
        self.port
    }

    fn is_running(&self) -> bool {
        docker(&["inspect", "--format", "{{.State.Running}}", &self.name]).is_ok_and(|answer| answer.trim() == "true")
    }

    fn end_of_log(&self) -> String {
        // The server logs to stderr, which docker keeps apart.
        let mut logs = Command::new("sh");
        logs.args(["-c", "exec docker logs --tail 20 \"$0\" 2>&1", &self.name]);
        program::capture(&mut logs).unwrap_or_else(|error| error.chain())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Err(error) = docker(&["rm", "--force", "--volumes", &self.name]) {
            eprintln!("xtask: a container may be left: {}", error.chain());
        }
    }
}

/// The same error with what to do about it, unless the user has ended the program.
fn advised(error: Error, advice: &'static str) -> Error {
    match error {
        Error::Interrupted => error,
        error => Error::Advised {
            advice,
            source: Box::new(error),
        },
    }
}

fn docker(arguments: &[&str]) -> Result<String, Error> {
    program::capture(Command::new("docker").args(arguments))
}
