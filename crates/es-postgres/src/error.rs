//! What the server's and the driver's errors mean to the caller.

use std::{error, fmt};

use es_persistence::{Operation, RecorderError, RecorderErrorKind};
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use tokio::{task::JoinError, time::error::Elapsed};

use crate::STORE;

/// Something did not work, and how far it went.
#[derive(Debug)]
pub(crate) struct Failure {
    reach: Reach,
    source: Box<dyn error::Error + Send + Sync>,
}

/// How far a statement went.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// It was not sent: there is no connection, at this moment.
    Unreached,
    /// It was not sent: there is no place among the connections.
    Crowded,
    /// It was not sent: the store is closed.
    Closed,
    /// It cannot be sent.
    Unfit,
    /// The server has refused it, for the reason of this code; it has changed nothing.
    Refused(String),
    /// It was sent, and what became of it is not known.
    Lost,
    /// It was done, but the answer makes no sense.
    Unreadable,
    /// It was not sent: the tables are not as expected.
    Misfit,
    /// It was sent and lost, and it is known that it was not done, nor ever will be.
    Undone,
}

/// What the server says, without the values of rows, which its details may contain.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct ServerError {
    code: String,
    message: String,
}

/// Which row cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{row} cannot be read")]
struct UnreadableRow {
    row: String,
    source: Box<dyn error::Error + Send + Sync>,
}

impl Failure {
    fn new(reach: Reach, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            reach,
            source: source.into(),
        }
    }

    /// There is no connection to send anything by.
    pub(crate) fn unreached(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(Reach::Unreached, source)
    }

    /// The store is closed.
    pub(crate) fn closed() -> Self {
        Self::new(Reach::Closed, "the store is closed")
    }

    /// The runtime of the store was shut down.
    pub(crate) fn ended(source: JoinError) -> Self {
        if source.is_cancelled() {
            Self::new(
                Reach::Closed,
                "the runtime on which the store was opened has been shut down",
            )
        } else {
            Self::unreached(source)
        }
    }

    /// There was no answer, and the server is not at work on one.
    pub(crate) fn silent() -> Self {
        let source = "the connection is silent: the server is not at work on the statement, or cannot be asked";
        Self::new(Reach::Lost, source)
    }

    /// There is no place among the connections.
    pub(crate) fn crowded(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(Reach::Crowded, source)
    }

    /// What the server has answered makes no sense.
    pub(crate) fn unreadable(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(Reach::Unreadable, source)
    }

    /// An answer is about something that was not asked.
    pub(crate) fn misplaced() -> Self {
        Self::unreadable("the answer names something that was not asked")
    }

    /// Returns `true` if it is about one of the rows that were asked for together, so that others can be read without it.
    pub(crate) fn is_of_one_row(&self) -> bool {
        self.reach == Reach::Unreadable || self.is_about_data()
    }

    /// The same failure, which says that it is about `row`.
    pub(crate) fn about(self, row: String) -> Self {
        let source = UnreadableRow {
            row,
            source: self.source,
        };
        Self::new(self.reach, source)
    }

    /// It cannot be sent.
    pub(crate) fn unfit(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::new(Reach::Unfit, source)
    }

    /// The tables are not as expected.
    pub(crate) fn misfit(source: &'static str) -> Self {
        Self::new(Reach::Misfit, source)
    }

    /// The same failure of connecting, when nothing else can have been sent.
    pub(crate) fn while_connecting(self) -> Self {
        if self.is_lost() {
            Self {
                reach: Reach::Unreached,
                ..self
            }
        } else {
            self
        }
    }

    /// The same failure of a statement that is now known not to have been done.
    pub(crate) fn known_to_be_undone(self) -> Self {
        Self {
            reach: Reach::Undone,
            ..self
        }
    }

    fn code(&self) -> &str {
        match &self.reach {
            Reach::Refused(code) => code,
            _ => "",
        }
    }

    /// Whether the statement may have been done all the same.
    pub(crate) const fn is_lost(&self) -> bool {
        matches!(self.reach, Reach::Lost | Reach::Unreadable)
    }

    /// Whether the same statement may succeed now, and nothing of it was done.
    pub(crate) fn is_repeatable(&self) -> bool {
        matches!(self.reach, Reach::Unreached | Reach::Undone) || self.is_collision()
    }

    /// Returns `true` if the server has executed the statement in another session than the one that it was prepared for.
    pub(crate) fn is_of_another_session(&self) -> bool {
        matches!(self.code(), "26000" | "42P05")
    }

    /// Whether the cause is an `E`.
    pub(crate) fn is_caused_by<E: error::Error + 'static>(&self) -> bool {
        self.source.is::<E>()
    }

    /// Whether others were in the way, so that nothing was done.
    pub(crate) fn is_collision(&self) -> bool {
        // A serialization failure, a deadlock, and the same version stored by another process in this moment.
        matches!(self.code(), "40001" | "40P01" | "23505")
    }

    /// Whether the same version was stored by another process in this moment.
    pub(crate) fn is_taken(&self) -> bool {
        self.code() == "23505"
    }

    /// Whether a constraint of a table has refused a row.
    pub(crate) fn is_refusal(&self) -> bool {
        self.code().starts_with("23")
    }

    /// Whether a transaction was needed and not open.
    pub(crate) fn is_outside_of_a_transaction(&self) -> bool {
        self.code() == "25P01"
    }

    /// Whether it is about what was to be stored, so that other saves would do without it.
    pub(crate) fn is_about_data(&self) -> bool {
        self.reach == Reach::Unfit || ["22", "23", "54"].iter().any(|class| self.code().starts_with(class))
    }

    /// The error for the caller of `operation`, in which nothing is stored.
    pub(crate) fn into_error(self, operation: Operation) -> RecorderError {
        let kind = self.kind(operation);
        self.into_error_of(operation, kind)
    }

    pub(crate) fn into_error_of(self, operation: Operation, kind: RecorderErrorKind) -> RecorderError {
        RecorderError::new(STORE, operation, kind).with_source(self.source)
    }

    /// The code of the server's error, or nothing if the error is none of the server's.
    pub(crate) fn sqlstate(&self) -> &str {
        let server = self.source.downcast_ref::<ServerError>();
        server.map_or("", |error| &error.code)
    }

    pub(crate) fn into_source(self) -> Box<dyn error::Error + Send + Sync> {
        self.source
    }

    pub(crate) fn kind(&self, operation: Operation) -> RecorderErrorKind {
        let is_writing = matches!(
            operation,
            Operation::InsertEvents
                | Operation::InsertTracking
                | Operation::InsertSnapshots
                | Operation::DeleteSnapshots
                | Operation::AcquireLease
                | Operation::WriteView
                | Operation::SwitchView
        );
        match &self.reach {
            Reach::Closed => RecorderErrorKind::Closed,
            Reach::Unfit => RecorderErrorKind::Invalid,
            Reach::Misfit => RecorderErrorKind::Schema,
            Reach::Undone => RecorderErrorKind::NotStored,
            Reach::Lost | Reach::Unreadable if is_writing => RecorderErrorKind::OutcomeUnknown,
            Reach::Unreached | Reach::Crowded | Reach::Lost => RecorderErrorKind::Unavailable,
            Reach::Unreadable => RecorderErrorKind::Corrupt,
            Reach::Refused(code) => kind_of_code(code).unwrap_or(if is_writing {
                RecorderErrorKind::NotStored
            } else {
                RecorderErrorKind::Other
            }),
        }
    }
}

/// What a code means, where that does not depend on what was asked.
fn kind_of_code(code: &str) -> Option<RecorderErrorKind> {
    match (code, code.get(..2).unwrap_or_default()) {
        // Statements that were prepared for one session, and executed in another one.
        ("26000" | "42P05", _) => Some(RecorderErrorKind::Invalid),
        ("55P03" | "57P03" | "3D000", _) | (_, "08" | "28" | "53") => Some(RecorderErrorKind::Unavailable),
        ("25006" | "42501", _) => Some(RecorderErrorKind::ReadOnly),
        // The last one is the definition's own.
        ("3F000" | "42P01" | "42703" | "42883" | "ES001", _) => Some(RecorderErrorKind::Schema),
        (_, "22" | "54") => Some(RecorderErrorKind::Invalid),
        (_, "XX") => Some(RecorderErrorKind::Corrupt),
        _ => None,
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => match error.try_downcast::<PgDatabaseError>() {
                Ok(error) => Self::from_server(&error),
                Err(other) => Self::new(Reach::Lost, sqlx::Error::Database(other)),
            },
            sqlx::Error::Encode(_) | sqlx::Error::Configuration(_) | sqlx::Error::InvalidArgument(_) => {
                Self::new(Reach::Unfit, error)
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. } => Self::unreadable(error),
            other => Self::new(Reach::Lost, other),
        }
    }
}

impl Failure {
    fn from_server(error: &PgDatabaseError) -> Self {
        let source = ServerError {
            code: error.code().to_owned(),
            message: error.message().to_owned(),
        };
        let reach = match error.severity() {
            // The session ends, maybe after the commit.
            PgSeverity::Fatal | PgSeverity::Panic => Reach::Lost,
            _ => Reach::Refused(error.code().to_owned()),
        };
        Self::new(reach, source)
    }
}

impl From<Elapsed> for Failure {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(Reach::Lost, elapsed)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}
