//! Errors of encryption.

use super::{KeyId, randomness::RandomnessError};

/// A state cannot be encrypted or decrypted.
///
/// An error tells its kind and the ID of a key, and nothing else that could help an attacker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// This cipher has not written the bytes, or a newer version of it has.
    #[error("the ciphertext has an unknown format: a newer version of the program may have written it")]
    UnknownFormat,
    /// The key is not in the key ring: this process was never given it, or it was removed too early.
    #[error("the state was encrypted with key {0}, which is not in CIPHER_KEY: add it")]
    UnknownKey(KeyId),
    /// The bytes were changed, belong to another row, or were encrypted with another key of this ID.
    #[error(
        "the state is not authentic under key {0}: it was changed or moved to another row, or CIPHER_KEY has another key under \
         this ID"
    )]
    NotAuthentic(KeyId),
    /// The bytes were changed or cut off, belong to another row, or were encrypted with another key.
    #[error("the ciphertext is not authentic")]
    AuthenticationFailed,
    /// The key has encrypted 2³² states of the aggregate, which is the limit: make another key primary.
    #[error("key {0} has encrypted 2^32 states of this aggregate, which is the limit: make another key primary")]
    KeyExhausted(KeyId),
    /// The state is larger than the cipher can encrypt at once.
    #[error("the state is too large to be encrypted")]
    TooLarge,
    /// The source of randomness fails.
    #[error("the system gives no random bytes")]
    Rng(#[from] RandomnessError),
}
