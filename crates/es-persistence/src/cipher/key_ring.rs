//! Keys by their IDs; one of them encrypts.

use std::{fmt, str::FromStr};

use super::{CipherKey, InvalidKey};

/// The ID of a key. A ciphertext names the key that it was encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// The keys of an application. The primary key encrypts, and all keys decrypt.
///
/// Change a key in two steps, so that every process can read every state: first give all processes the new key for
/// decrypting (`1:OLD,2:NEW`), then make it the primary key (`2:NEW,1:OLD`). Keep the old key as long as there are states
/// that were encrypted with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRing {
    /// The first key is the primary one.
    keys: Vec<(KeyId, CipherKey)>,
}

/// A text is not a key ring. The error repeats nothing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeyRing {
    /// One of the keys is not valid.
    #[error("number {number} of the keys: {source}")]
    Key {
        /// The number of the key, from 1.
        number: usize,
        /// The fault of the key.
        source: InvalidKey,
    },
    /// The text before the colon is not a number from 0 to 4294967295.
    #[error("number {number} of the keys: the text before the colon is not an ID, which is a number below 2^32")]
    Id {
        /// The number of the key, from 1.
        number: usize,
    },
    /// Two keys have the same ID.
    #[error("two keys have the ID {0}")]
    SameId(KeyId),
}

impl KeyRing {
    /// Makes a ring with one key.
    #[must_use]
    pub fn new(id: KeyId, primary: CipherKey) -> Self {
        Self {
            keys: vec![(id, primary)],
        }
    }

    /// Adds a key that decrypts only.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyRing::SameId`] if the ring has a key with this ID.
    pub fn with_decrypting(mut self, id: KeyId, key: CipherKey) -> Result<Self, InvalidKeyRing> {
        if self.get(id).is_some() {
            return Err(InvalidKeyRing::SameId(id));
        }
        self.keys.push((id, key));
        Ok(self)
    }

    pub(super) fn get(&self, id: KeyId) -> Option<&CipherKey> {
        self.keys.iter().find(|(known, _)| *known == id).map(|(_, key)| key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (KeyId, &CipherKey)> {
        self.keys.iter().map(|(id, key)| (*id, key))
    }

    /// Returns the ID of the key that encrypts.
    pub fn primary_id(&self) -> KeyId {
        self.keys.first().map_or(UNNAMED, |(id, _)| *id)
    }
}

/// The ID of a key that is given without one.
const UNNAMED: KeyId = KeyId(1);

/// Reads `CIPHER_KEY`: either one key in base64, whose ID is 1, or several as `ID:KEY` with commas between them, of which
/// the first encrypts.
impl FromStr for KeyRing {
    type Err = InvalidKeyRing;

    fn from_str(text: &str) -> Result<Self, InvalidKeyRing> {
        let mut ring = Self { keys: Vec::new() };
        for (index, entry) in text.split(',').enumerate() {
            let number = index + 1;
            let (id, key) = match entry.split_once(':') {
                None => (UNNAMED, entry),
                Some((id, key)) => (parse_id(id).ok_or(InvalidKeyRing::Id { number })?, key),
            };
            let key = key
                .trim()
                .parse()
                .map_err(|source| InvalidKeyRing::Key { number, source })?;
            ring = ring.with_decrypting(id, key)?;
        }
        Ok(ring)
    }
}

fn parse_id(text: &str) -> Option<KeyId> {
    text.trim().parse().ok().map(KeyId)
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
