//! Master keys.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{Randomness as _, RandomnessError, SystemRandomness};

/// A secret of 16, 24 or 32 bytes, from which the keys of aggregates are derived.
///
/// It is overwritten when it is dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CipherKey(Zeroizing<Vec<u8>>);

/// A text or bytes are not a key. The error does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// The text is not base64 (RFC 4648, section 4).
    #[error("a key is a text in base64")]
    NotBase64,
    /// The key has another length than 16, 24 or 32 bytes.
    #[error("a key has 16, 24 or 32 bytes, and not {0}")]
    Length(usize),
}

/// Returns a new key of 16, 24 or 32 bytes, in base64 as `CIPHER_KEY` takes it.
///
/// ```
/// use es_persistence::cipher::{CipherKey, create_key};
///
/// let key: CipherKey = create_key(32)?.parse()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`CreateKeyError`] for other lengths, and if the system gives no random bytes.
pub fn create_key(len: usize) -> Result<Zeroizing<String>, CreateKeyError> {
    check_len(len)?;
    let mut bytes = Zeroizing::new(vec![0; len]);
    SystemRandomness.fill(&mut bytes)?;
    Ok(Zeroizing::new(STANDARD.encode(&*bytes)))
}

/// A key cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// Keys do not have this length.
    #[error(transparent)]
    Length(#[from] InvalidKey),
    /// The system gives no random bytes.
    #[error(transparent)]
    Rng(#[from] RandomnessError),
}

impl CipherKey {
    /// Makes a key of these bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidKey::Length`] if there are not 16, 24 or 32 bytes.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, InvalidKey> {
        check_len(bytes.len())?;
        Ok(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

const fn check_len(len: usize) -> Result<(), InvalidKey> {
    match len {
        16 | 24 | 32 => Ok(()),
        _ => Err(InvalidKey::Length(len)),
    }
}

impl FromStr for CipherKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        // The cause would quote a byte of the key.
        let bytes = STANDARD.decode(text).map_err(|_secret| InvalidKey::NotBase64)?;
        Self::new(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CipherKey(***)")
    }
}
