//! States that the Python library's cipher has written.

use aes_gcm::{AeadInOut, Aes128Gcm, Aes256Gcm, AesGcm, KeyInit, aead::consts::U12, aes::Aes192};

use super::{
    CipherError, CipherKey, Plaintext,
    header::{NONCE_LEN, TAG_LEN},
};

/// Decrypts states that the `AESCipher` of the Python library `eventsourcing` has encrypted: a nonce, a tag and the
/// ciphertext, without associated data.
///
/// It is for imports and only decrypts. It does not notice a state that was moved to another row, so this library uses it
/// only where you ask for it, and never as a fallback.
#[derive(Clone, Debug)]
pub struct LegacyPythonCipher {
    key: CipherKey,
}

impl LegacyPythonCipher {
    /// Decrypts with `key`: AES-128, AES-192 or AES-256, by its length.
    #[must_use]
    pub const fn new(key: CipherKey) -> Self {
        Self { key }
    }

    /// Decrypts a state.
    ///
    /// # Errors
    ///
    /// [`CipherError::UnknownFormat`] if the state is too short, [`CipherError::AuthenticationFailed`] if it was changed or
    /// encrypted with another key.
    pub fn open(&self, sealed: &[u8]) -> Result<Plaintext, CipherError> {
        match self.key.as_bytes().len() {
            16 => open::<Aes128Gcm>(self.key.as_bytes(), sealed),
            24 => open::<AesGcm<Aes192, U12>>(self.key.as_bytes(), sealed),
            _ => open::<Aes256Gcm>(self.key.as_bytes(), sealed),
        }
    }
}

fn open<A>(key: &[u8], sealed: &[u8]) -> Result<Plaintext, CipherError>
where
    A: AeadInOut<NonceSize = U12> + KeyInit,
{
    let (nonce, rest) = sealed
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(CipherError::UnknownFormat)?;
    let (tag, ciphertext) = rest.split_first_chunk::<TAG_LEN>().ok_or(CipherError::UnknownFormat)?;
    let tag = tag
        .as_slice()
        .try_into()
        .map_err(|_other_length| CipherError::UnknownFormat)?;
    let mut plaintext = Plaintext::from(ciphertext.to_vec());
    A::new_from_slice(key)
        .map_err(|_other_length| CipherError::UnknownFormat)?
        .decrypt_inout_detached(nonce.into(), &[], plaintext.as_mut_slice().into(), tag)
        .map_err(|_not_authentic| CipherError::AuthenticationFailed)?;
    Ok(plaintext)
}
