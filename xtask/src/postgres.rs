//! A PostgreSQL server for the time of a run, from wherever this machine can get one.

mod account;
mod docker;
mod given;
mod kept;
mod local;
mod readiness;

use std::collections::hash_map::RandomState;
use std::env;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::process::Command;

use crate::error::Error;
use crate::program;
use crate::usage;
use crate::workspace::Workspace;

use docker::Container;
use kept::Kept;
use local::Cluster;
use readiness::Starting;

/// The variable that tells tests where the server is, and this program that there is one already.
pub(crate) const URL_VARIABLE: &str = "ES_POSTGRES_URL";

/// The superuser, and the database, of the servers that are started here.
const NAME: &str = "postgres";

/// Settings of the servers that are started here. They sync as others do: the stores tell, and tests ask, what is durable.
const SETTINGS: [&str; 1] = ["max_connections=200"];

/// A running server. Dropping it removes whatever was started.
#[derive(Debug)]
pub(crate) enum Server {
    /// The user's own, at this URL.
    Given(String),
    Docker(Container),
    Local(Cluster),
}

/// Where a server is to come from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// A container of the image that the environment names, or of the default one.
    #[default]
    Docker,
    /// A container of this image.
    Image(String),
    /// The user's own.
    Url(String),
    /// The programs of this machine.
    Local,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Docker => f.write_str("Docker"),
            Self::Image(image) => write!(f, "Docker, image {image}"),
            Self::Url(_) => f.write_str("a server that is there already"),
            Self::Local => f.write_str("this machine's programs"),
        }
    }
}

/// Fails when a server is up already: only one can be left running, and others may be using that one.
pub(crate) fn check_none_is_kept() -> Result<(), Error> {
    let kept = kept()?;
    if kept.server()?.is_some() {
        return Err(Error::Missing(
            "a server is up already, and only one is kept: remove it with `cargo xtask postgres down`, or test against \
             it with `--url`"
                .to_owned(),
        ));
    }
    // What is left of a server that stopped by itself.
    kept.remove().map(drop)
}

/// Leaves `server` running, as `postgres up` does.
pub(crate) fn keep(server: Server) -> Result<(), Error> {
    kept()?.keep(server)
}

impl Server {
    /// Starts the server that was chosen, or takes the user's.
    pub(crate) fn chosen(choice: &Choice) -> Result<Self, Error> {
        match choice {
            Choice::Docker => Container::start().map(Self::Docker),
            Choice::Image(image) => Container::start_of(image.clone()).map(Self::Docker),
            Choice::Url(url) => Self::given(url.clone()),
            Choice::Local => Cluster::start().map(Self::Local),
        }
    }

    /// Takes the user's server, or starts one.
    pub(crate) fn start() -> Result<Self, Error> {
        match env::var(URL_VARIABLE) {
            Ok(url) => Self::given(url),
            Err(_) => Self::launch(),
        }
    }

    /// Takes the user's server, if one answers.
    fn given(url: String) -> Result<Self, Error> {
        given::check(&url)?;
        Ok(Self::Given(url))
    }

    /// Starts a server in Docker, or else one of this machine's programs.
    fn launch() -> Result<Self, Error> {
        let docker = match Container::start() {
            Ok(container) => return Ok(Self::Docker(container)),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => Box::new(error),
        };
        eprintln!("xtask: PostgreSQL in Docker: {}", docker.chain());
        let local = match Cluster::start() {
            Ok(cluster) => return Ok(Self::Local(cluster)),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => Box::new(error),
        };
        eprintln!("xtask: PostgreSQL on this machine: {}", local.chain());
        Err(Error::NoServer { docker, local })
    }

    /// Returns where clients connect, with user, password and database.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Docker(container) => container.url(),
            Self::Local(cluster) => cluster.url(),
        }
    }

    /// Returns psql, connected as the superuser, wherever psql is to be had.
    fn psql(&self) -> Command {
        match self {
            Self::Given(_) => {
                // Through the variable, so that no message shows the user's password.
                let script = format!("exec psql --dbname \"${URL_VARIABLE}\" \"$@\"");
                let mut psql = Command::new("sh");
                psql.args(["-c", &script, "psql"]);
                psql
            }
            Self::Docker(container) => container.psql(),
            Self::Local(cluster) => cluster.psql(),
        }
    }

    /// Returns the loopback port of a server that was started here.
    fn port(&self) -> Option<u16> {
        match self {
            Self::Given(_) => None,
            Self::Docker(container) => Some(container.port()),
            Self::Local(cluster) => Some(cluster.port()),
        }
    }

    pub(crate) fn origin(&self) -> String {
        match self {
            Self::Given(_) => "the server at the given URL".to_owned(),
            Self::Docker(container) => format!("a container of {}", container.image()),
            Self::Local(cluster) => format!("a cluster of {}", cluster.programs().display()),
        }
    }
}

/// Runs `cargo xtask postgres`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let Some((word, rest)) = arguments.split_first() else {
        let needed = "`postgres` needs one of: check, up, down, psql";
        return Err(Error::Usage(needed.to_owned()));
    };
    match word.as_str() {
        "check" => usage::no_arguments("postgres check", rest).and_then(|()| check()),
        "up" => usage::no_arguments("postgres up", rest).and_then(|()| up()),
        "down" => usage::no_arguments("postgres down", rest).and_then(|()| down()),
        "psql" => psql(rest),
        unknown => Err(Error::Usage(format!(
            "`postgres` does not know `{unknown}`, only: check, up, down, psql"
        ))),
    }
}

fn check() -> Result<(), Error> {
    let server = Server::start()?;
    let mut psql = server.psql();
    psql.args(["--no-align", "--tuples-only"])
        .args(["--command", "SELECT version()"]);
    let version = program::capture(&mut psql)?;
    println!("{}: {}", server.origin(), version.trim());
    Ok(())
}

/// Leaves a server running and prints how other programs find it.
fn up() -> Result<(), Error> {
    let kept = kept()?;
    let url = if let Some(server) = kept.server()? {
        server.url()
    } else {
        // What is left of a server that stopped by itself.
        kept.remove()?;
        let server = Server::launch()?;
        let url = server.url();
        kept.keep(server)?;
        url
    };
    println!("export {URL_VARIABLE}={url}");
    Ok(())
}

fn down() -> Result<(), Error> {
    if !kept()?.remove()? {
        println!("no server is up");
    }
    Ok(())
}

fn psql(arguments: &[String]) -> Result<(), Error> {
    match kept()?.server()? {
        Some(server) => program::hand_over(server.psql().args(arguments)),
        None if env::var_os(URL_VARIABLE).is_some() => program::hand_over(Server::start()?.psql().args(arguments)),
        None => Err(Error::Missing(
            "no server is up: start one with `cargo xtask postgres up`".to_owned(),
        )),
    }
}

fn kept() -> Result<Kept, Error> {
    Ok(Kept::of(&Workspace::load()?.root))
}

fn url(port: u16, password: &str) -> String {
    format!("postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}")
}

/// Returns a word of 32 hexadecimal digits that cannot be guessed from outside.
fn secret() -> String {
    // The standard library seeds its hashers from the operating system's source of randomness.
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
