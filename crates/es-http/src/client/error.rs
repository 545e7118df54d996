//! Errors of the client. None of them prints a token, a URL or what an event says.

use std::{error::Error, sync::Arc, time::Duration};

use es_persistence::{Operation, RecorderError, RecorderErrorKind, Rewound};

/// A [`RemoteLog`](super::RemoteLog) cannot be made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one.
    #[error("the base URL must be like https://host/path, without a query, a fragment or a password: {reason}")]
    BaseUrl {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The base URL begins with `http://`, and the host is not this machine.
    #[error("the base URL must begin with https://, or call `allow_plain_http` if the network can be trusted")]
    PlainHttp,
    /// The base URL begins with `https://`, and the feature `rustls` of es-http is off.
    #[error("the base URL begins with https://, which needs the feature `rustls` of es-http")]
    NoTls,
    /// The token has a character that a header cannot carry.
    #[error("the token has a character that a header cannot carry")]
    Token,
    /// A certificate cannot be read.
    #[error("the certificates cannot be read: they must be PEM with at least one certificate")]
    Certificates,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Arc<dyn Error + Send + Sync>),
}

/// Why a remote log could not be read: the source of the [`RecorderError`], see [`of`](Self::of).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The server cannot be reached, has not answered in time, or the connection was cut.
    #[error("the server cannot be reached, or the connection was cut")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The server is busy or cannot read its log at present.
    #[error("the server is not available (status {status}): {title}")]
    Unavailable {
        /// The status of the answer.
        status: u16,
        /// What the server says.
        title: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server does not let this client read.
    #[error("the server refuses to be read (status {status}): {title}; check the token and what it permits")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What the server says.
        title: String,
    },
    /// The server answers with another status.
    #[error("the server has answered with status {status}: {title}")]
    Status {
        /// The status of the answer.
        status: u16,
        /// What the server says.
        title: String,
    },
    /// The server redirects, which is not followed.
    #[error("the server redirects (status {status}), which is not followed; give the base URL of the log itself")]
    Redirect {
        /// The status of the answer.
        status: u16,
    },
    /// The answer is too large.
    #[error("the answer is larger than {cap} bytes; raise `body_cap` if events may be that large")]
    TooLarge {
        /// How large an answer may be.
        cap: usize,
    },
    /// The answer is not JSON of the expected form.
    #[error("the answer is not JSON of the expected form, in line {line}, column {column}")]
    Form {
        /// The line of the answer.
        line: usize,
        /// The column in the line.
        column: usize,
    },
    /// The answer breaks a rule that every log keeps.
    #[error("the answer breaks a rule of logs: {0}")]
    Fault(Fault),
    /// A row of the Python library cannot be imported.
    #[error("the row at position {position} cannot be imported")]
    Import {
        /// The position of the row.
        position: u64,
        /// The error of the importer or of the mapper.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The log does not have the event that was read last.
    #[error("the log was rewound")]
    Rewound(Rewound),
}

/// The rule that an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There are more events than were asked for.
    #[error("there are more events than were asked for")]
    TooMany,
    /// An event is at or before the position after which events were asked for, or not after the event before it.
    #[error("the event at position {position} does not come after position {after}")]
    Order {
        /// The position of the event.
        position: u64,
        /// The position that it has to come after.
        after: u64,
    },
    /// An event is beyond the upper bound, or beyond what the page says it reaches.
    #[error("position {position} is beyond {upper}")]
    Bound {
        /// The position.
        position: u64,
        /// The greatest that is allowed.
        upper: u64,
    },
    /// A page without holes has one.
    #[error("position {position} is missing, and the page says that it has no holes")]
    Hole {
        /// The first position that is missing.
        position: u64,
    },
    /// An event was not selected.
    #[error("the event at position {position} has a topic that was not asked for")]
    Topic {
        /// The position of the event.
        position: u64,
    },
    /// An event is one that no log can have.
    #[error("the event at position {position} is invalid: {reason}")]
    Event {
        /// The position of the event.
        position: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An answer that must be JSON says that it is something else.
    #[error("the answer is not of the type application/json")]
    ContentType,
    /// A number is not one that a position can be.
    #[error("a position is above 2^63 - 1")]
    Position,
}

/// The name of the store in errors.
const STORE: &str = "the remote log";

impl RemoteError {
    /// Returns the cause of an error of a remote log; `None` if the error is one of another log.
    pub fn of(error: &RecorderError) -> Option<&Self> {
        error.cause()?.downcast_ref()
    }

    /// Returns `true` if the same request may succeed later.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unavailable { .. })
    }

    /// How long the server asks to wait.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn into_recorder_error(self, operation: Operation) -> RecorderError {
        let kind = match &self {
            Self::Unreachable(_) | Self::Unavailable { .. } => RecorderErrorKind::Unavailable,
            Self::Form { .. } | Self::Fault(_) | Self::Import { .. } => RecorderErrorKind::Corrupt,
            Self::Rewound(rewound) => RecorderErrorKind::Rewound(*rewound),
            _ => RecorderErrorKind::Other,
        };
        RecorderError::new(STORE, operation, kind).with_source(self)
    }
}

impl From<Fault> for RemoteError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<serde_json::Error> for RemoteError {
    /// Keeps the place only: the text would quote the answer.
    fn from(error: serde_json::Error) -> Self {
        Self::Form {
            line: error.line(),
            column: error.column(),
        }
    }
}
