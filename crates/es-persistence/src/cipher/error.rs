//! Why a state cannot be encrypted or decrypted.

use super::{KeyId, randomness::RandomnessError};

/// A state cannot be encrypted or decrypted. An error says no more than its kind and the ID of a key, so that it does not
/// help an attacker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// The bytes are not what this cipher writes, or a newer version of it has written them.
    #[error("the ciphertext has no format that is known")]
    UnknownFormat,
    /// The key is not there: it was never given to this process, or taken away too early.
    #[error("it was encrypted with key {0}, which is not in CIPHER_KEY")]
    UnknownKey(KeyId),
    /// The bytes were changed, belong to another row, or were encrypted with another key of this ID.
    #[error(
        "it is not authentic under key {0}: it was changed or moved to another row, or CIPHER_KEY has another key under \
         this ID"
    )]
    NotAuthentic(KeyId),
    /// The bytes were changed or cut off, belong to another row, or were encrypted with another key.
    #[error("the ciphertext is not authentic")]
    AuthenticationFailed,
    /// The aggregate's key has encrypted as often as is safe (2³² times): make another one primary.
    #[error("key {0} has been used too often for this aggregate")]
    KeyExhausted(KeyId),
    /// The state is larger than the cipher can encrypt at once.
    #[error("the state is too large to be encrypted")]
    TooLarge,
    /// The source of randomness fails.
    #[error("the system gives no random bytes")]
    Rng(#[from] RandomnessError),
}
