//! Errors of hash chains.

use crate::cipher::KeyId;

/// Why an event or a snapshot does not belong to its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The hash does not match the row and the event before it: one of the two was changed, moved or removed, or a setting
    /// of the chain has another value than when the row was stored.
    #[error(
        "the hash does not match: the row, or one before it, was changed, moved or removed, or the key in HASH_CHAIN_KEY, \
         GENESIS_HASH or APPLICATION_IDENTITY is not the one that the row was stored with"
    )]
    Broken,
    /// The row has no hash, and the aggregate is chained.
    #[error(
        "the row has no hash: it was stored before the aggregate had a hash chain; to begin the chain after it, set \
         HASH_CHAIN_ACCEPT to unchained"
    )]
    NotChained,
    /// The row has no hash, and an event before it has one.
    #[error(
        "the row has no hash, and an event before it has one: a program without #[aggregate(hash_chain)] stored it, or the \
         hash was removed; to go on in spite of it, set HASH_CHAIN_ACCEPT to interrupted"
    )]
    Interrupted,
    /// The row has a hash without a key, and this chain has keys.
    #[error(
        "the hash was made without a key: it was stored before HASH_CHAIN_KEY was set; to read it, set HASH_CHAIN_ACCEPT to \
         unkeyed"
    )]
    Unkeyed,
    /// The row has a hash without a key, and an event before it has one with a key.
    #[error(
        "the hash was made without a key, and an event before it has one with a key: the row was not written by this program"
    )]
    Weakened,
    /// The aggregate's stored events are chained, and its type is not.
    #[error("its stored events have hashes, and its type has no hash chain: add #[aggregate(hash_chain)] to the type")]
    NotDeclared,
    /// The key that the hash was made with is not in the ring.
    #[error("the hash was made with key {0}, which is not in HASH_CHAIN_KEY")]
    UnknownKey(KeyId),
    /// The hash was made with the key of a salt, and there is no salt.
    #[error(
        "the hash was made with a key made of a salt (key ID 0): set SALT_FOR_DATA_INTEGRITY to the salt that it was stored \
         with; beside HASH_CHAIN_KEY, the salt only verifies"
    )]
    UnknownSalt,
    /// The snapshot of a chained aggregate does not say which event it ends at.
    #[error("the aggregate has no hash of the event that the snapshot ends at")]
    Headless,
    /// The hash has no known format.
    #[error("the hash has an unknown format: it was changed, or a newer version of this library wrote it")]
    UnknownFormat,
}
