//! The source of nonces and keys.

use std::fmt;

use crate::BoxError;

/// A source of unpredictable bytes.
pub trait Randomness: fmt::Debug + Send + Sync + 'static {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`RandomnessError`] if the source fails. The content of `bytes` is then undefined.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError>;
}

/// The random generator of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

/// A source of randomness fails.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes")]
pub struct RandomnessError(#[source] BoxError);

impl RandomnessError {
    /// Makes an error of a source of your own.
    pub fn new(cause: impl Into<BoxError>) -> Self {
        Self(cause.into())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        getrandom::fill(bytes).map_err(RandomnessError::new)
    }
}
