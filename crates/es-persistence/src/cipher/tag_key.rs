//! Hashes of tags.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CipherKey, TagHash, associated_data::tag_key_info};

/// Returns the hash of a tag of an application, by HMAC-SHA-256 (RFC 2104) under a key that HKDF-SHA-256 derives for the tags of
/// the application. Half of it is kept: two tags with the same half would only be looked at together.
///
/// It is `None` only if the output of HKDF were longer than it can be.
pub(super) fn tag_hash(master: &CipherKey, application: &str, tag: &str) -> Option<TagHash> {
    let mut key = Zeroizing::new([0; 32]);
    let derived = Hkdf::<Sha256>::new(None, master.as_bytes()).expand(&tag_key_info(application), &mut *key);
    derived.ok()?;
    let mut hmac = Hmac::<Sha256>::new_from_slice(&*key).ok()?;
    hmac.update(tag.as_bytes());
    let hash = hmac.finalize().into_bytes();
    hash.first_chunk().copied()
}
