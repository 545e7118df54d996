//! Why an event is not what followed the one before it.

use crate::cipher::KeyId;

/// An event is not what was stored after the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The hash is another: the event was changed, moved, or one before it was changed, inserted or removed.
    #[error("the event does not follow the one before it: it was changed, or another one")]
    Broken,
    /// The mapper was given no chain.
    #[error("the mapper has no hash chain")]
    NoChain,
    /// The event has no hash where all should have one.
    #[error("the event has no hash")]
    NotChained,
    /// The hash was computed with a key that is not there.
    #[error("key {0}, which the event's hash was computed with, is not there")]
    UnknownKey(KeyId),
    /// The hash is none that this version knows.
    #[error("the event's hash has no format that is known")]
    UnknownFormat,
}
