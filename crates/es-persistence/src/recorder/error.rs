//! Errors of recorders.

use std::{error, fmt, sync::Arc};

use es_domain::OriginatorId;
use uuid::Uuid;

use crate::TrackingKey;

/// A failed operation of a store: which store, which operation, the kind of failure and its cause.
///
/// The text has all four, so that the first line of a report says what to do. [`source`](error::Error::source) is what comes
/// after the [cause](Self::cause).
#[derive(Clone, Debug)]
pub struct RecorderError {
    store: &'static str,
    operation: Operation,
    kind: RecorderErrorKind,
    cause: Option<Arc<dyn error::Error + Send + Sync>>,
}

/// What was asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Opening the store and making its tables.
    Open,
    /// Storing events.
    InsertEvents,
    /// Reading the events of an aggregate.
    SelectEvents,
    /// Reading the log.
    SelectNotifications,
    /// Asking for the last position.
    MaxPosition,
    /// Storing how far an upstream has been processed.
    InsertTracking,
    /// Asking how far an upstream has been processed.
    LastTracking,
    /// Storing snapshots.
    InsertSnapshots,
    /// Reading snapshots.
    SelectSnapshots,
    /// Deleting snapshots.
    DeleteSnapshots,
    /// Reading what a decision has to know.
    SelectTagged,
    /// Taking or renewing the lease of a read model.
    AcquireLease,
    /// Writing a read model.
    WriteView,
    /// Reading a read model.
    ReadView,
    /// Making, publishing or removing a generation of a read model.
    SwitchView,
}

/// The kind of failure, which tells the caller how to react.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecorderErrorKind {
    /// An aggregate has moved on since it was read. Nothing is stored; read it again and decide again.
    Conflict(Conflict),
    /// The upstream has been processed further already, maybe by another instance. Nothing is stored.
    AlreadyTracked(AlreadyTracked),
    /// The lease under which the event was processed has passed to another instance. Nothing is stored.
    Fenced(Fenced),
    /// Something on which the decision depends has happened since it was read. Nothing is stored; read again and decide again.
    ConditionFailed,
    /// The store failed, and nothing is stored. The call may be repeated.
    NotStored,
    /// The store failed, and cannot say whether the events are stored. Read the aggregates again before deciding.
    OutcomeUnknown,
    /// The store cannot be reached or is locked for too long. Nothing is stored; the call may be repeated.
    Unavailable,
    /// The store is closed, or the runtime on which it was opened has been shut down. Nothing is stored; open it again.
    Closed,
    /// The store may not be written.
    ReadOnly,
    /// What is stored cannot be read: it is damaged or not of this library's making.
    Corrupt,
    /// The store lacks a table, or has it in another form than this version of the library knows.
    Schema,
    /// The log does not have the event that was read last: a backup was restored, or a fail-over has lost events. What was
    /// made of the log has to be made anew.
    Rewound(Rewound),
    /// The request itself cannot be fulfilled; repeating it is useless.
    Invalid,
    /// Anything else. Nothing is stored.
    Other,
}

/// Which aggregate has moved on, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The aggregate.
    pub originator_id: OriginatorId,
    /// The version that was to be stored.
    pub version: u64,
    /// The aggregate's last version, in the store or earlier in the same call; 0 when it has none.
    pub last_version: u64,
}

/// A position that was processed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyTracked {
    /// The consumer and the log.
    pub key: TrackingKey,
    /// The position that was to be stored.
    pub position: u64,
    /// The last position in the store.
    pub last_position: u64,
}

/// A lease that has passed to another instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// The consumer and the log.
    pub key: TrackingKey,
    /// The number of the lease that was used.
    pub fence: u64,
    /// The number of the lease in the store, which is greater.
    pub last_fence: u64,
}

/// An event that a reader has seen, and that the log does not have any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewound {
    /// The position of the event.
    pub position: u64,
    /// The ID of the event.
    pub seen: Uuid,
    /// The ID of the event that the log has there now; `None` if it has none.
    pub found: Option<Uuid>,
}

impl RecorderError {
    /// Makes an error of `store` (its name in messages) in `operation`.
    pub const fn new(store: &'static str, operation: Operation, kind: RecorderErrorKind) -> Self {
        Self {
            store,
            operation,
            kind,
            cause: None,
        }
    }

    /// Returns the same error with another kind.
    #[must_use]
    pub fn with_kind(self, kind: RecorderErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self {
            cause: Some(Arc::from(source.into())),
            ..self
        }
    }

    /// Returns the kind of failure, which tells the caller how to react.
    pub const fn kind(&self) -> &RecorderErrorKind {
        &self.kind
    }

    /// Returns the cause, whose text is a part of this error's.
    pub fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn error::Error + 'static))
    }

    /// Returns the operation that failed.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the conflict, or `None` if the error is of another kind.
    pub const fn conflict(&self) -> Option<&Conflict> {
        match &self.kind {
            RecorderErrorKind::Conflict(conflict) => Some(conflict),
            _ => None,
        }
    }

    /// Returns `true` if nothing is stored and the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, RecorderErrorKind::NotStored | RecorderErrorKind::Unavailable)
    }
}

impl fmt::Display for RecorderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.to_string();
        write!(f, "{} could not {}: {kind}", self.store, self.operation)?;
        let cause = self.cause.as_ref().map(ToString::to_string);
        cause
            .filter(|cause| *cause != kind)
            .map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl error::Error for RecorderError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_ref()?.source()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "be opened",
            Self::InsertEvents => "store events",
            Self::SelectEvents => "read the events of an aggregate",
            Self::SelectNotifications => "read the log",
            Self::MaxPosition => "read the last position",
            Self::InsertTracking => "store a position",
            Self::LastTracking => "read a position",
            Self::InsertSnapshots => "store snapshots",
            Self::SelectSnapshots => "read snapshots",
            Self::DeleteSnapshots => "delete snapshots",
            Self::SelectTagged => "read what a decision has to know",
            Self::AcquireLease => "take the lease of a read model",
            Self::WriteView => "write a read model",
            Self::ReadView => "read a read model",
            Self::SwitchView => "change the generations of a read model",
        })
    }
}

impl fmt::Display for RecorderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::AlreadyTracked(tracked) => tracked.fmt(f),
            Self::Fenced(fenced) => fenced.fmt(f),
            Self::Rewound(rewound) => rewound.fmt(f),
            Self::ConditionFailed => f.write_str("something on which the decision depends has happened meanwhile"),
            Self::NotStored => f.write_str("writing failed, and nothing is stored"),
            Self::OutcomeUnknown => f.write_str("writing failed, and it is unknown whether the events are stored"),
            Self::Unavailable => f.write_str("the store cannot be reached or is locked"),
            Self::Closed => f.write_str("the store is closed"),
            Self::ReadOnly => f.write_str("the store may not be written"),
            Self::Corrupt => f.write_str("stored data is damaged"),
            Self::Schema => f.write_str("the tables are missing or not as expected"),
            Self::Invalid => f.write_str("the request is invalid"),
            Self::Other => f.write_str("unexpected error"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            originator_id,
            version,
            last_version,
        } = self;
        write!(
            f,
            "version {version} of aggregate {originator_id} does not follow its last version {last_version}: read it again, and \
             decide again"
        )
    }
}

impl fmt::Display for AlreadyTracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            position,
            last_position,
        } = self;
        write!(
            f,
            "position {position} of {key} was processed before: the last one is {last_position}"
        )
    }
}

impl fmt::Display for Fenced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, fence, last_fence } = self;
        write!(
            f,
            "lease {fence} on {key} has passed to another instance, which has lease {last_fence}"
        )
    }
}

impl fmt::Display for Rewound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, seen, found } = self;
        write!(
            f,
            "the log was rewound: it had event {seen} at position {position}, and has "
        )?;
        match found {
            Some(found) => write!(f, "{found} there now"),
            None => f.write_str("none there now"),
        }
    }
}

impl fmt::Display for TrackingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { consumer, upstream } = self;
        match (&**consumer, &**upstream) {
            ("", upstream) => write!(f, "{upstream:?}"),
            (consumer, "") => write!(f, "{consumer:?}"),
            (consumer, upstream) => write!(f, "{upstream:?} by {consumer:?}"),
        }
    }
}
