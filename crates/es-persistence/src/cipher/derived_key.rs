//! The derived keys of aggregates, and a cache of those in use.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use aes_gcm::{Aes256Gcm, KeyInit as _};
use es_domain::OriginatorId;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CipherError, CipherKey, KeyId, SealContext, associated_data::key_info};

/// The greatest number of states that one key encrypts with random nonces of 96 bits. Beyond it, the chance that two nonces
/// are equal is greater than 2⁻³³ (NIST SP 800-38D, 8.3).
const MOST_SEALS: u64 = 1 << 32;

/// The key of one aggregate.
pub(super) struct DerivedKey {
    pub(super) aes: Aes256Gcm,
    key_id: KeyId,
    application: Box<str>,
    seals: AtomicU64,
}

impl DerivedKey {
    fn derive(master: &CipherKey, key_id: KeyId, context: &SealContext<'_>) -> Result<Self, CipherError> {
        let mut key = Zeroizing::new([0; 32]);
        let info = key_info(context.application, context.originator_id);
        Hkdf::<Sha256>::new(None, master.as_bytes())
            .expand(&info, &mut *key)
            .map_err(|_too_long| CipherError::TooLarge)?;
        Ok(Self {
            aes: Aes256Gcm::new((&*key).into()),
            key_id,
            application: context.application.into(),
            seals: AtomicU64::new(0),
        })
    }

    fn is_of(&self, key_id: KeyId, application: &str) -> bool {
        self.key_id == key_id && *self.application == *application
    }

    /// Counts one encryption. The version of the aggregate counts, too, because other processes have encrypted before.
    pub(super) fn count_seal(&self, version: u64) -> Result<(), CipherError> {
        let seals = self.seals.fetch_add(1, Ordering::Relaxed);
        if seals.max(version) >= MOST_SEALS {
            return Err(CipherError::KeyExhausted(self.key_id));
        }
        Ok(())
    }
}

/// The keys that were used last. Deriving a key costs more than encrypting an event.
pub(super) struct DerivedKeys {
    generations: Mutex<Generations>,
}

/// When the young generation is full, it takes the place of the old one, which is dropped.
#[derive(Default)]
struct Generations {
    young: HashMap<OriginatorId, Arc<DerivedKey>>,
    old: HashMap<OriginatorId, Arc<DerivedKey>>,
}

/// The number of keys in a generation. Each key takes less than 1 KiB.
const GENERATION: usize = 1_024;

impl DerivedKeys {
    pub(super) fn new() -> Self {
        Self {
            generations: Mutex::default(),
        }
    }

    /// Returns the key of the context's aggregate, derived from `master`.
    pub(super) fn get(
        &self,
        master: &CipherKey,
        key_id: KeyId,
        context: &SealContext<'_>,
    ) -> Result<Arc<DerivedKey>, CipherError> {
        let lock = || self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().find(context.originator_id);
        if let Some(key) = known.filter(|key| key.is_of(key_id, context.application)) {
            return Ok(key);
        }
        let key = Arc::new(DerivedKey::derive(master, key_id, context)?);
        lock().insert(context.originator_id.clone(), Arc::clone(&key));
        Ok(key)
    }
}

impl Generations {
    fn find(&mut self, id: &OriginatorId) -> Option<Arc<DerivedKey>> {
        if let Some(key) = self.young.get(id) {
            return Some(Arc::clone(key));
        }
        let (id, key) = self.old.remove_entry(id)?;
        self.insert(id, Arc::clone(&key));
        Some(key)
    }

    fn insert(&mut self, id: OriginatorId, key: Arc<DerivedKey>) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(id, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StoredEvent, cipher::RecordKind};

    fn key(version: u64) -> (DerivedKey, u64) {
        let master = CipherKey::new(Zeroizing::new(vec![7; 32])).unwrap();
        let row = StoredEvent::new(OriginatorId::from("a"), version, "t", Vec::new());
        let context = SealContext::of_event("Dogs", &row, RecordKind::Event);
        (DerivedKey::derive(&master, KeyId(3), &context).unwrap(), version)
    }

    #[test]
    fn a_key_that_has_encrypted_too_often_is_refused() {
        let (key, version) = key(1);
        key.seals.store(MOST_SEALS - 1, Ordering::Relaxed);
        key.count_seal(version).unwrap();
        let error = key.count_seal(version).unwrap_err();
        assert!(matches!(error, CipherError::KeyExhausted(KeyId(3))), "{error:?}");
    }

    #[test]
    fn the_version_counts_for_what_other_processes_have_encrypted() {
        let (key, version) = key(MOST_SEALS);
        let error = key.count_seal(version).unwrap_err();
        assert!(matches!(error, CipherError::KeyExhausted(KeyId(3))), "{error:?}");
    }
}
