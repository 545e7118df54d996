//! Why a command did not succeed.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::num::ParseIntError;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use crate::usage;

/// The reason that ends a command.
#[derive(Debug)]
pub(crate) enum Error {
    /// The arguments ask for something that does not exist.
    Usage(String),
    /// A program could not be started, most often because it is not installed.
    NotStarted { line: String, source: io::Error },
    /// A program ended with a failure; `output` is what it said, if it was not shown already.
    Failed {
        line: String,
        status: ExitStatus,
        output: String,
    },
    /// A program did not end in time.
    TooLong { line: String, limit: Duration },
    /// A file or folder could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// The answer of `cargo metadata` is not JSON.
    Metadata(serde_json::Error),
    /// The answer of `cargo metadata` lacks a field.
    MetadataField(&'static str),
    /// The tree breaks so many rules of `tidy`.
    Findings(usize),
    /// A step of `ci` failed; `alone` is the command that runs it alone.
    Step {
        name: &'static str,
        alone: String,
        source: Box<Error>,
    },
    /// `id` answered with something that is no number.
    NoNumber { answer: String, source: ParseIntError },
    /// Something that a PostgreSQL server needs is not on this machine.
    Missing(String),
    /// Something failed that the user can do something about.
    Advised { advice: &'static str, source: Box<Error> },
    /// A PostgreSQL server was started but takes no connections.
    NotReady {
        server: &'static str,
        answer: String,
        log: String,
    },
    /// No way to a PostgreSQL server works on this machine; the details were printed on the way.
    NoServer { docker: Box<Error>, local: Box<Error> },
    /// The handler for Ctrl-C could not be set.
    Signals(ctrlc::Error),
    /// The user pressed Ctrl-C.
    Interrupted,
}

impl Error {
    /// Returns the message followed by those of its causes, on one line where they have no line breaks.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// Returns the first line of the chain, without what a program or a log said.
    fn headline(&self) -> String {
        self.chain().lines().next().unwrap_or_default().to_owned()
    }

    /// Returns 2 for a mistake in the arguments, 130 after Ctrl-C as shells do, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Interrupted => ExitCode::from(130),
            Self::Step { source, .. } => source.exit_code(),
            _ => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(mistake) => write!(f, "{mistake}\n\n{}", usage::TEXT),
            Self::NotStarted { line, .. } => write!(f, "`{line}` could not be started"),
            Self::Failed { line, status, output } => {
                write!(f, "`{line}` ended with {status}")?;
                on_own_lines(f, output)
            }
            Self::TooLong { line, limit } => {
                write!(f, "`{line}` did not end within {} s", limit.as_secs())
            }
            Self::File { path, .. } => write!(f, "cannot work with {}", path.display()),
            Self::Metadata(_) => f.write_str("cargo metadata did not answer with JSON"),
            Self::MetadataField(field) => write!(f, "cargo metadata did not name `{field}`"),
            Self::Findings(1) => f.write_str("tidy found 1 fault"),
            Self::Findings(count) => write!(f, "tidy found {count} faults"),
            Self::Step { name, alone, .. } => {
                write!(f, "ci stopped at `{name}` (to run it alone: `{alone}`)")
            }
            Self::NoNumber { answer, .. } => write!(f, "`id` answered `{}`", answer.trim()),
            Self::Missing(what) => f.write_str(what),
            Self::Advised { advice, .. } => f.write_str(advice),
            Self::NotReady { server, answer, log } => {
                write!(f, "the {server} takes no connections: {answer}")?;
                on_own_lines(f, log)
            }
            Self::NoServer { docker, local } => write!(
                f,
                "no PostgreSQL server (Docker: {}; this machine: {})",
                docker.headline(),
                local.headline()
            ),
            Self::Signals(_) => f.write_str("cannot watch for Ctrl-C"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

fn on_own_lines(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.trim_end().lines().try_for_each(|line| write!(f, "\n    {line}"))
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotStarted { source, .. } | Self::File { source, .. } => Some(source),
            Self::NoNumber { source, .. } => Some(source),
            Self::Metadata(source) => Some(source),
            Self::Signals(source) => Some(source),
            Self::Step { source, .. } | Self::Advised { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
