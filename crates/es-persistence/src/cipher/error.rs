//! Why a state cannot be encrypted or decrypted.

use super::{KeyId, randomness::RandomnessError};

/// A state cannot be encrypted or decrypted. There is no more to say than this, lest it help whoever tries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// The bytes are not what this cipher writes, or a newer version of it has written them.
    #[error("the ciphertext has no format that is known")]
    UnknownFormat,
    /// The key is not there: it was never given to this process, or taken away too early.
    #[error("key {0}, which the state was encrypted with, is not there")]
    UnknownKey(KeyId),
    /// The bytes were changed, belong to another row, or were encrypted with another key of this ID.
    #[error("the ciphertext is not authentic")]
    AuthenticationFailed,
    /// The aggregate's key has encrypted as often as is safe (2³² times): make another one primary.
    #[error("key {0} has been used too often for this aggregate")]
    KeyExhausted(KeyId),
    /// The state is larger than the cipher can encrypt at once.
    #[error("the state is too large to be encrypted")]
    TooLarge,
    /// There is no randomness.
    #[error("the system gives no random bytes")]
    Rng(#[from] RandomnessError),
}
