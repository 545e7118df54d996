//! Errors of the command.

use es_application::{ApplicationError, VerifyError};
use es_persistence::{DatastoreError, EnvironmentError, RecorderError, cipher::CreateKeyError};

/// The command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the name of the application is missing: give it with --app, or set ES_APP")]
    NoApplication,
    #[error("there is no file {path}: give the path of a SQLite file with --database")]
    NoFile { path: String },
    #[error("--database has a URL that cannot be read: write postgres://user:password@host:port/database")]
    Url(#[source] url::ParseError),
    #[error("--database has the scheme {scheme:?}: write postgres://user:password@host:port/database, or a path")]
    Scheme { scheme: String },
    #[error("--database names no {part}: write postgres://user:password@host:port/database")]
    UrlPart { part: &'static str },
    #[error("no store is chosen: give --database, or set PERSISTENCE_MODULE and the variables of the store")]
    NoStore,
    #[error("the application has no tables in this database, or they cannot be used; is --app {app} its name?")]
    Open {
        app: String,
        #[source]
        source: DatastoreError,
    },
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Application(#[from] ApplicationError),
    #[error("the log cannot be read")]
    Recorder(#[from] RecorderError),
    #[error("there is no aggregate {id}: no event of it is stored")]
    NoAggregate { id: String },
    #[error("no event has the ID or the correlation ID {id}")]
    NoTrace { id: String },
    #[error("the log is damaged")]
    Damaged(#[source] Box<VerifyError>),
    #[error("the log cannot be verified")]
    Verify(#[source] Box<VerifyError>),
    #[error(transparent)]
    Key(#[from] CreateKeyError),
    #[error("the output cannot be written")]
    Output(#[from] std::io::Error),
}
