//! The settings of encryption in the environment.

use std::{str::FromStr, sync::Arc};

use super::key_ring;
use crate::{
    Encryption, EncryptionMode, Environment, EnvironmentError,
    cipher::{Cipher, KeyRing},
};

/// The values of `CIPHER_TOPIC`.
#[derive(Clone, Copy, PartialEq)]
enum CipherName {
    None,
    Aes256Gcm,
}

impl FromStr for CipherName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "aes-256-gcm" | "eventsourcing.cipher:aescipher" | "eventsourcing.cryptography:aescipher" => {
                Ok(Self::Aes256Gcm)
            }
            _ => Err(()),
        }
    }
}

/// Returns the cipher and its mode, or `None` if no key is set.
pub(super) fn encryption(environment: &Environment) -> Result<Option<Encryption>, EnvironmentError> {
    const KEY: &str = "CIPHER_KEY";
    let name = environment.parse("CIPHER_TOPIC", "aes-256-gcm or none")?;
    let accepts_plain = environment.flag("CIPHER_ACCEPT_PLAIN", false)?;
    let mode = match name {
        Some(CipherName::None) => EncryptionMode::Ended,
        Some(CipherName::Aes256Gcm) | None if accepts_plain => EncryptionMode::Begun,
        Some(CipherName::Aes256Gcm) | None => EncryptionMode::Required,
    };
    if name != Some(CipherName::Aes256Gcm) && environment.text(KEY)?.is_none() {
        return Ok(None);
    }
    let cipher = cipher(environment, key_ring(environment, KEY)?)?;
    Ok(Some(Encryption { cipher, mode }))
}

#[cfg(feature = "encryption")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
fn cipher(_environment: &Environment, ring: KeyRing) -> Result<Arc<dyn Cipher>, EnvironmentError> {
    Ok(Arc::new(crate::cipher::Aes256GcmCipher::new(ring)))
}

#[cfg(not(feature = "encryption"))]
fn cipher(environment: &Environment, _ring: KeyRing) -> Result<Arc<dyn Cipher>, EnvironmentError> {
    Err(environment.invalid("CIPHER_KEY", super::without("encryption")))
}
