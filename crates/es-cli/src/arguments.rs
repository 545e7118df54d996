//! The arguments of the command line.

#![expect(clippy::doc_markdown, reason = "the comments are printed in a terminal")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use es_domain::Timestamp;
use uuid::Uuid;

const EXAMPLES: &str = "\
Examples:
  es --database school.sqlite --app DogSchool log
  es --database postgres://ann@localhost/school --app DogSchool log --family Dog --follow
  es show 0192f0c1-2345-7abc-8def-0123456789ab
  es trace request-7
  es stats

The settings of the library, such as CIPHER_KEY, are read from the environment.

Exit codes: 0 success, 1 failure, 2 wrong arguments, 3 damage found by `verify`.";

/// Looks into the log of an application. It only reads.
#[derive(Debug, Parser)]
#[command(name = "es", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The name of the application, as the program gives it
    #[arg(long, global = true, env = "ES_APP", value_name = "NAME")]
    pub(crate) app: Option<String>,
    /// The path of a SQLite file, or a URL such as postgres://user@host/database; else the library's own variables decide
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        value_name = "PATH|URL",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints the log: position, time, topic, aggregate, version and body of each event
    Log(Log),
    /// Prints the history of one aggregate, with what is different from event to event
    Show(Show),
    /// Prints everything that a request or an event has caused, as a tree
    Trace(Trace),
    /// Counts events: by type of aggregate, by hour, and the longest aggregates
    Stats,
    /// Verifies the log: versions, bodies and hash chains; names the first damaged event
    Verify(Verify),
    /// Writes the log as lines of JSON, for other programs
    Export(Export),
    /// Makes keys
    #[command(subcommand)]
    Keys(Keys),
    /// Prints the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Log {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// Ends after this many events
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// Goes on with new events as they come, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with_all = ["format", "csv"])]
    pub(crate) json: bool,
    /// The same as --format csv
    #[arg(long, conflicts_with = "format")]
    pub(crate) csv: bool,
}

impl Log {
    pub(crate) const fn format(&self) -> Format {
        match (self.json, self.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            _ => self.format,
        }
    }
}

/// The events to print. All conditions must hold.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Events after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
    /// Events up to this position
    #[arg(long, value_name = "POSITION")]
    pub(crate) up_to: Option<u64>,
    /// Events with this topic, such as Dog.Registered; may be repeated
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Vec<String>,
    /// Events of this type of aggregate, such as Dog; may be repeated
    #[arg(long, value_name = "TYPE")]
    pub(crate) family: Vec<String>,
    /// Events of the aggregate with this ID
    #[arg(long, value_name = "ID")]
    pub(crate) aggregate: Option<String>,
    /// Events with this correlation ID
    #[arg(long, value_name = "ID")]
    pub(crate) correlation: Option<String>,
    /// Events whose body contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Events at or after this time, such as 2026-01-02T03:04:05Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// Events before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// A JSON object in each line
    Json,
    /// Comma-separated values (RFC 4180) with a header
    Csv,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The ID of the aggregate: a UUID, or a text as it is stored, such as Customer:7
    pub(crate) id: String,
    /// Prints a JSON object in each line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// A correlation ID, or the ID of an event
    pub(crate) id: String,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Begins after this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// The form of the lines
    #[arg(long, value_enum, default_value_t = Envelope::Json)]
    pub(crate) envelope: Envelope,
    /// Writes to this file in place of the standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Envelope {
    /// The columns of the row, with the body as JSON
    Json,
    /// CloudEvents 1.0.2 in JSON
    Cloudevents,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Prints a new key in base64, for CIPHER_KEY or HASH_CHAIN_KEY
    Create {
        /// The number of bytes: 16, 24 or 32
        #[arg(long, default_value_t = 32)]
        bytes: usize,
    },
}

/// Reads an ID of an aggregate: a UUID, or else a text.
pub(crate) fn originator(text: &str) -> es_persistence::OriginatorId {
    match text.parse::<Uuid>() {
        Ok(uuid) => uuid.into(),
        Err(_) => text.into(),
    }
}
