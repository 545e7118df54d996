//! What SQLite's result codes mean to the caller.

use std::error;

use es_persistence::{Operation, RecorderError, RecorderErrorKind};
use rusqlite::ffi;
use tokio::task::JoinError;

use crate::STORE;

/// An error of either driver, reduced to what matters.
#[derive(Debug)]
pub(crate) struct Failure {
    /// SQLite's extended result code, or `None` when the driver itself failed.
    code: Option<i32>,
    source: Box<dyn error::Error + Send + Sync>,
}

/// The store is of no use any more.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("the store is closed")]
    ByCaller,
    #[error("the runtime on which the store was opened has been shut down")]
    WithRuntime,
}

impl Failure {
    /// The store is closed.
    pub(crate) fn closed() -> Self {
        Self::new(Closed::ByCaller)
    }

    /// A task has ended before its work: it has panicked, or the runtime was shut down.
    pub(crate) fn ended(source: JoinError) -> Self {
        if source.is_cancelled() {
            Self::new(Closed::WithRuntime)
        } else {
            Self::new(source)
        }
    }

    pub(crate) fn new(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            code: None,
            source: source.into(),
        }
    }

    /// The tables are not as they have to be.
    pub(crate) fn schema(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            code: Some(ffi::SQLITE_SCHEMA),
            source: source.into(),
        }
    }

    /// A row has what this library cannot have stored.
    pub(crate) fn damage(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            code: Some(ffi::SQLITE_CORRUPT),
            source: source.into(),
        }
    }

    /// The file is not where it was.
    pub(crate) fn moved(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            code: Some(ffi::SQLITE_CANTOPEN),
            source: source.into(),
        }
    }

    /// The connection cannot be opened again for a write.
    pub(crate) fn reopening(error: RecorderError) -> Self {
        Self {
            code: Some(ffi::SQLITE_CANTOPEN),
            source: error.into(),
        }
    }

    /// Whether a constraint or a trigger of the schema has refused a row.
    pub(crate) fn is_refusal(&self) -> bool {
        self.primary_code() == Some(ffi::SQLITE_CONSTRAINT)
    }

    /// Whether another connection has what is needed.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.primary_code(), Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED))
    }

    /// Whether others have written since the transaction began to read, so that it can never write.
    pub(crate) fn is_stale(&self) -> bool {
        self.code == Some(ffi::SQLITE_BUSY_SNAPSHOT)
    }

    /// Whether the statement itself is wrong, or stands where it cannot.
    pub(crate) fn is_error(&self) -> bool {
        self.primary_code() == Some(ffi::SQLITE_ERROR)
    }

    /// Whether SQLite failed before it had written all that a commit needs: then nothing is stored.
    ///
    /// A full disk is among these: the mark of a commit is in the last page that is written.
    pub(crate) fn is_before_commit(&self) -> bool {
        matches!(
            self.primary_code(),
            Some(
                ffi::SQLITE_BUSY
                    | ffi::SQLITE_LOCKED
                    | ffi::SQLITE_FULL
                    | ffi::SQLITE_READONLY
                    | ffi::SQLITE_ERROR
                    | ffi::SQLITE_TOOBIG
                    | ffi::SQLITE_CANTOPEN
                    | ffi::SQLITE_NOTADB
                    | ffi::SQLITE_PERM
                    | ffi::SQLITE_AUTH
            )
        )
    }

    fn primary_code(&self) -> Option<i32> {
        self.code.map(|code| code & 0xff)
    }

    /// What it means to the caller of `operation`, in which nothing is stored.
    pub(crate) fn kind(&self, operation: Operation) -> RecorderErrorKind {
        match self.primary_code() {
            Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM) => {
                RecorderErrorKind::Unavailable
            }
            Some(ffi::SQLITE_READONLY) => RecorderErrorKind::ReadOnly,
            Some(ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB) => RecorderErrorKind::Corrupt,
            Some(ffi::SQLITE_ERROR | ffi::SQLITE_SCHEMA) => RecorderErrorKind::Schema,
            Some(ffi::SQLITE_TOOBIG) => RecorderErrorKind::Invalid,
            None if self.source.is::<Closed>() => RecorderErrorKind::Closed,
            _ if is_write(operation) => RecorderErrorKind::NotStored,
            _ => RecorderErrorKind::Other,
        }
    }

    pub(crate) fn into_error(self, operation: Operation) -> RecorderError {
        let kind = self.kind(operation);
        self.into_error_of(operation, kind)
    }

    pub(crate) fn into_source(self) -> Box<dyn error::Error + Send + Sync> {
        self.source
    }

    pub(crate) fn into_error_of(self, operation: Operation, kind: RecorderErrorKind) -> RecorderError {
        RecorderError::new(STORE, operation, kind).with_source(self.source)
    }
}

const fn is_write(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::InsertEvents
            | Operation::InsertTracking
            | Operation::InsertSnapshots
            | Operation::DeleteSnapshots
            | Operation::AcquireLease
            | Operation::WriteView
            | Operation::SwitchView
    )
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // The driver's own text repeats this one's.
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse().ok());
                Self {
                    code,
                    source: error.into_error(),
                }
            }
            error => Self::new(error),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|error| error.extended_code);
        Self {
            code,
            source: error.into(),
        }
    }
}
