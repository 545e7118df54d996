//! Hashes that tie the events of an aggregate together: what is changed, swapped, inserted or removed is found out.
//!
//! A chained state stands behind what authenticates it, within compression and encryption:
//!
//! ```text
//! 0   1  format = 0x05
//! 1   1  suite: 0x01 HMAC-SHA-256, 0x02 SHA-256
//! 2   4  key ID, big-endian; 0 without a key
//! 6   32 hash
//! 38  n  the state as it was transcoded
//! ```

mod error;
mod hasher;

use std::{fmt, sync::Arc};

use es_domain::{EventHash, OriginatorId};

pub use self::error::ChainError;
use self::hasher::Hasher;
use super::StateFormat;
use crate::cipher::{KeyId, KeyRing, SealContext};

/// Computes the hashes that tie the events of an aggregate together.
///
/// With a key, nobody can change an event and compute the hashes anew who has not the key (HMAC-SHA-256). Without, it
/// finds accidents and not attackers. The end of a chain may be cut off, or a whole aggregate removed, and the rest still
/// fits: that only shows beside a hash that is kept elsewhere.
///
/// The hash covers the bytes that the transcoder has written, so events may be compressed or encrypted anew.
#[derive(Clone)]
pub struct HashChain {
    genesis: Arc<str>,
    /// The first computes.
    keys: Vec<(KeyId, Hasher)>,
}

const HASH_LEN: usize = 32;
/// What stands before a chained state.
pub(super) const PREFIX_LEN: usize = 1 + 1 + 4 + HASH_LEN;

const HMAC_SHA_256: u8 = 0x01;
const SHA_256: u8 = 0x02;

impl HashChain {
    /// Hashes without a key: accidents are found, attackers who know this are not.
    #[must_use]
    pub fn unkeyed() -> Self {
        Self {
            genesis: Arc::from(""),
            keys: vec![(KeyId(0), Hasher::unkeyed())],
        }
    }

    /// Hashes with the first key of `ring`, and verifies with all of them. The keys may be those of a cipher: what is
    /// computed with is derived of them.
    #[must_use]
    pub fn keyed(ring: &KeyRing) -> Self {
        let keys = ring.iter().map(|(id, key)| (id, Hasher::keyed(key.as_bytes())));
        Self {
            genesis: Arc::from(""),
            keys: keys.collect(),
        }
    }

    /// Hashes with a key, of ID 1, that is derived of any text; better take one of [`create_key`](crate::cipher::create_key).
    #[must_use]
    pub fn salted(salt: &str) -> Self {
        Self {
            genesis: Arc::from(""),
            keys: vec![(KeyId(1), Hasher::keyed(salt.as_bytes()))],
        }
    }

    /// Begins all chains with `genesis`, so that those of different installations are different.
    #[must_use]
    pub fn with_genesis(self, genesis: impl Into<Arc<str>>) -> Self {
        Self {
            genesis: genesis.into(),
            ..self
        }
    }

    /// What the first event of an aggregate follows.
    pub(super) fn start(&self, application: &str, originator_id: &OriginatorId) -> EventHash {
        let (_, hasher) = self.primary();
        hasher.genesis(&self.genesis, application, originator_id)
    }

    /// Fills the first bytes of `state`, [`PREFIX_LEN`] of them, with what authenticates the rest, and moves `head` on.
    pub(super) fn seal(&self, context: &SealContext<'_>, head: &mut EventHash, state: &mut [u8]) {
        let (id, hasher) = self.primary();
        let Some((prefix, plain)) = state.split_first_chunk_mut::<PREFIX_LEN>() else {
            return;
        };
        *head = hasher.next(head, context, plain);
        let [format, suite, rest @ ..] = prefix;
        (*format, *suite) = (StateFormat::CHAINED.byte(), hasher.suite());
        rest[..4].copy_from_slice(&id.0.to_be_bytes());
        rest[4..].copy_from_slice(head.as_bytes());
    }

    /// Compares what stands before a chained state with the state and with the hash before it, and moves `head` on.
    pub(super) fn verify(
        &self,
        context: &SealContext<'_>,
        head: &mut EventHash,
        chained: &[u8],
    ) -> Result<(), ChainError> {
        let (prefix, plain) = split(chained)?;
        let (_, hasher) = self
            .keys
            .iter()
            .find(|(id, _)| *id == prefix.key_id)
            .ok_or(ChainError::UnknownKey(prefix.key_id))?;
        if hasher.suite() != prefix.suite || !hasher.is_next(head, context, plain, &prefix.hash) {
            return Err(ChainError::Broken);
        }
        *head = EventHash::from_bytes(prefix.hash);
        Ok(())
    }

    fn primary(&self) -> &(KeyId, Hasher) {
        self.keys.first().expect("a chain is made with at least one hasher")
    }
}

/// What stands before a chained state.
struct Prefix {
    suite: u8,
    key_id: KeyId,
    hash: [u8; HASH_LEN],
}

/// What was transcoded, of a state that may be chained.
pub(super) fn without_chain(state: &[u8]) -> Result<&[u8], ChainError> {
    if StateFormat::of(state) == Some(StateFormat::CHAINED) {
        Ok(split(state)?.1)
    } else {
        Ok(state)
    }
}

fn split(chained: &[u8]) -> Result<(Prefix, &[u8]), ChainError> {
    if StateFormat::of(chained) != Some(StateFormat::CHAINED) {
        return Err(ChainError::NotChained);
    }
    let (prefix, plain) = chained
        .split_first_chunk::<PREFIX_LEN>()
        .ok_or(ChainError::UnknownFormat)?;
    let [_, suite @ (HMAC_SHA_256 | SHA_256), a, b, c, d, hash @ ..] = *prefix else {
        return Err(ChainError::UnknownFormat);
    };
    let key_id = KeyId(u32::from_be_bytes([a, b, c, d]));
    Ok((Prefix { suite, key_id, hash }, plain))
}

/// Prints the IDs of the keys, and nothing of the keys.
impl fmt::Debug for HashChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|(id, _)| id);
        f.debug_struct("HashChain")
            .field("keys", &ids.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
