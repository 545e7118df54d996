//! A link as bytes.

use es_domain::EventHash;

use super::{
    ChainError,
    hasher::{HMAC_SHA_256, SHA_256},
    head::{ChainHead, Strength},
};
use crate::cipher::KeyId;

/// The value of the column `hash`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) suite: u8,
    pub(super) key_id: KeyId,
    pub(super) hash: EventHash,
}

const HASH_LEN: usize = 32;
const LEN: usize = 1 + 4 + HASH_LEN;

impl Link {
    pub(super) const fn new(suite: u8, key_id: KeyId, hash: EventHash) -> Self {
        Self { suite, key_id, hash }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.push(self.suite);
        bytes.extend_from_slice(&self.key_id.0.to_be_bytes());
        bytes.extend_from_slice(self.hash.as_bytes());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ChainError> {
        let bytes: [u8; LEN] = bytes.try_into().map_err(|_other_length| ChainError::UnknownFormat)?;
        let [suite @ (HMAC_SHA_256 | SHA_256), a, b, c, d, hash @ ..] = bytes else {
            return Err(ChainError::UnknownFormat);
        };
        let key_id = KeyId(u32::from_be_bytes([a, b, c, d]));
        if suite == SHA_256 && key_id != KeyId(0) {
            return Err(ChainError::UnknownFormat);
        }
        Ok(Self::new(suite, key_id, EventHash::from_bytes(hash)))
    }

    /// Returns the head of the chain after the event.
    pub(super) fn head(self) -> ChainHead {
        let strength = if self.suite == SHA_256 {
            Strength::Unkeyed
        } else {
            Strength::Keyed
        };
        ChainHead::new(self.hash, strength)
    }
}
