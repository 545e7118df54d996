//! Where nonces and keys come from.

use std::fmt;

use crate::BoxError;

/// A source of bytes that nobody can foretell.
pub trait Randomness: fmt::Debug + Send + Sync + 'static {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`RandomnessError`] when the source fails; the bytes are then of no use.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError>;
}

/// The system's own source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

/// A source of randomness fails.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes")]
pub struct RandomnessError(#[source] BoxError);

impl RandomnessError {
    /// The failure of another's source.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Self(cause.into())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        getrandom::fill(bytes).map_err(RandomnessError::new)
    }
}
