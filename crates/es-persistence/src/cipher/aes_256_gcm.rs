//! AES-256-GCM with a key for each aggregate.

use std::{fmt, sync::Arc};

use aes_gcm::AeadInOut as _;

use super::{
    Cipher, CipherError, KeyId, KeyRing, Plaintext, Randomness, SealContext, SystemRandomness, TagHash,
    associated_data::associated_data,
    derived_key::{DerivedKey, DerivedKeys},
    header::{HEADER_LEN, NONCE_LEN, Nonce, Sealed, TAG_LEN, header},
    tag_key::tag_hash,
};
use crate::StateFormat;

/// Encrypts by AES-256-GCM (NIST SP 800-38D) under keys that HKDF-SHA-256 (RFC 5869) derives for each aggregate.
///
/// Each aggregate has its own key, so that the limit for random nonces, 2³² states, holds for one aggregate and not for all
/// of them together. The key ring follows Tink's; unlike there, the header with the key's ID is authenticated.
///
/// ```
/// use es_persistence::{
///     OriginatorId, StoredEvent,
///     cipher::{Aes256GcmCipher, Cipher as _, CipherError, KeyRing, RecordKind, SealContext, create_key},
/// };
///
/// let ring: KeyRing = create_key(32)?.parse()?;
/// let cipher = Aes256GcmCipher::new(ring);
/// let mut row = StoredEvent::new(OriginatorId::from("account-1"), 1, "Account.Opened", Vec::new());
/// let sealed = cipher.seal(&SealContext::of_event("Bank", &row, RecordKind::Event), b"{}")?;
/// let opened = cipher.open(&SealContext::of_event("Bank", &row, RecordKind::Event), &sealed)?;
/// assert_eq!(*opened, *b"{}");
///
/// row.originator_version = 2;
/// let moved = cipher.open(&SealContext::of_event("Bank", &row, RecordKind::Event), &sealed);
/// assert!(matches!(moved, Err(CipherError::NotAuthentic(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Aes256GcmCipher {
    ring: KeyRing,
    derived: DerivedKeys,
    randomness: Arc<dyn Randomness>,
}

impl Aes256GcmCipher {
    /// Encrypts with the primary key of `ring`, and decrypts with any of its keys.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self {
            ring,
            derived: DerivedKeys::new(),
            randomness: Arc::new(SystemRandomness),
        }
    }

    /// Takes the nonces from `randomness`, for tests. If a nonce repeats for one aggregate, an attacker can read its states.
    #[must_use]
    pub fn with_randomness(self, randomness: Arc<dyn Randomness>) -> Self {
        Self { randomness, ..self }
    }

    fn key(&self, id: KeyId, context: &SealContext<'_>) -> Result<Arc<DerivedKey>, CipherError> {
        let master = self.ring.get(id).ok_or(CipherError::UnknownKey(id))?;
        self.derived.get(master, id, context)
    }
}

impl Cipher for Aes256GcmCipher {
    fn format(&self) -> StateFormat {
        StateFormat::ENCRYPTED
    }

    fn seal(&self, context: &SealContext<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CipherError> {
        let key_id = self.ring.primary_id();
        let key = self.key(key_id, context)?;
        key.count_seal(context.originator_version)?;
        let header = header(key_id);
        let mut nonce = Nonce::default();
        self.randomness.fill(&mut nonce)?;

        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + TAG_LEN);
        sealed.extend_from_slice(&header);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let body = &mut sealed[HEADER_LEN + NONCE_LEN..];
        let tag = key
            .aes
            .encrypt_inout_detached((&nonce).into(), &associated_data(header, context), body.into())
            .map_err(|_too_long| CipherError::TooLarge)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Plaintext, CipherError> {
        let sealed = Sealed::parse(sealed)?;
        let key = self.key(sealed.key_id, context)?;
        let mut plaintext = Plaintext::from(sealed.ciphertext.to_vec());
        let associated_data = associated_data(sealed.header, context);
        key.aes
            .decrypt_inout_detached(
                sealed.nonce.into(),
                &associated_data,
                plaintext.as_mut_slice().into(),
                sealed.tag.into(),
            )
            .map_err(|_not_authentic| CipherError::NotAuthentic(sealed.key_id))?;
        Ok(plaintext)
    }

    fn tag_hashes(&self, application: &str, tag: &str) -> Vec<TagHash> {
        let keys = self.ring.iter().map(|(_, master)| master);
        keys.filter_map(|master| tag_hash(master, application, tag)).collect()
    }
}

/// Prints the IDs of the keys only.
impl fmt::Debug for Aes256GcmCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aes256GcmCipher")
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}
