//! The header before a ciphertext.
//!
//! ```text
//! 0   1  format = 0x01
//! 1   1  suite = 0x01: AES-256-GCM, the key derived for each aggregate
//! 2   1  flags = 0
//! 3   4  key ID, big-endian
//! 7   12 nonce
//! 19  n  ciphertext and its tag of 16 bytes
//! ```

use super::{CipherError, KeyId};
use crate::StateFormat;

/// AES-256-GCM, the key derived for each aggregate.
const SUITE: u8 = 0x01;
/// No flag is in use.
const FLAGS: u8 = 0;

/// The length of the part that is authenticated with the ciphertext.
pub(super) const HEADER_LEN: usize = 7;
pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

pub(super) type Header = [u8; HEADER_LEN];
pub(super) type Nonce = [u8; NONCE_LEN];

/// The parts of a sealed state.
pub(super) struct Sealed<'a> {
    pub(super) header: Header,
    pub(super) key_id: KeyId,
    pub(super) nonce: &'a Nonce,
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8; TAG_LEN],
}

pub(super) const fn header(key_id: KeyId) -> Header {
    let [a, b, c, d] = key_id.0.to_be_bytes();
    [StateFormat::ENCRYPTED.byte(), SUITE, FLAGS, a, b, c, d]
}

impl<'a> Sealed<'a> {
    pub(super) fn parse(sealed: &'a [u8]) -> Result<Self, CipherError> {
        let (header, rest) = sealed
            .split_first_chunk::<HEADER_LEN>()
            .ok_or(CipherError::UnknownFormat)?;
        let [format, SUITE, FLAGS, key_id @ ..] = *header else {
            return Err(CipherError::UnknownFormat);
        };
        if format != StateFormat::ENCRYPTED.byte() {
            return Err(CipherError::UnknownFormat);
        }
        let (nonce, rest) = rest.split_first_chunk().ok_or(CipherError::AuthenticationFailed)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(CipherError::AuthenticationFailed)?;
        Ok(Self {
            header: *header,
            key_id: KeyId(u32::from_be_bytes(key_id)),
            nonce,
            ciphertext,
            tag,
        })
    }
}
