//! Tags as they are stored.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use es_domain::OriginatorId;

use super::{EncryptionMode, Mapper};
use crate::StoredTag;

impl Mapper {
    /// Returns the forms in which the tag with this name and value may be stored: `course:7`, or with a cipher key
    /// `course:#` and a keyed hash. The first form is written; an event that has any of them has the tag.
    ///
    /// There are several forms while there are several keys, and where encryption has [begun](EncryptionMode::Begun) or
    /// [ended](EncryptionMode::Ended). The ID of an aggregate stays as it is, as in the aggregate's own rows.
    pub fn tag(&self, name: &str, value: &str, originator: Option<OriginatorId>) -> Vec<StoredTag> {
        let name = name.replace('%', "%25").replace(':', "%3A");
        let clear = format!("{name}:{value}");
        if let Some(id) = originator {
            return vec![StoredTag::of_originator(clear, id)];
        }
        let hashed = self.hashed(&name, &clear);
        let mode = self.config.encryption.as_ref().map(|encryption| encryption.mode);
        let clear = StoredTag::new(clear);
        match mode {
            Some(EncryptionMode::Required) if !hashed.is_empty() => hashed,
            Some(EncryptionMode::Begun) => hashed.into_iter().chain([clear]).collect(),
            _ => [clear].into_iter().chain(hashed).collect(),
        }
    }

    fn hashed(&self, name: &str, clear: &str) -> Vec<StoredTag> {
        let Some(encryption) = &self.config.encryption else {
            return Vec::new();
        };
        let hashes = encryption.cipher.tag_hashes(&self.config.application, clear);
        let stored = |hash| StoredTag::new(format!("{name}:#{}", URL_SAFE_NO_PAD.encode(hash)));
        hashes.into_iter().map(stored).collect()
    }
}

#[cfg(all(test, feature = "encryption"))]
#[expect(clippy::unwrap_used, reason = "in a test, a panic is the answer")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Encryption, MapperConfig,
        cipher::{Aes256GcmCipher, KeyRing},
    };

    /// Two keys of 32 bytes.
    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "HwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4=";

    fn forms(application: &str, keys: &str, mode: EncryptionMode) -> Vec<String> {
        let ring: KeyRing = keys.parse().unwrap();
        let cipher = Arc::new(Aes256GcmCipher::new(ring));
        let mapper = Mapper::new(MapperConfig {
            application: application.into(),
            encryption: Some(Encryption { cipher, mode }),
            ..MapperConfig::default()
        });
        let forms = mapper.tag("email", "ann@example.org", None);
        forms.iter().map(|tag| tag.text().to_owned()).collect()
    }

    #[test]
    fn a_tag_is_stored_in_clear_without_a_key() {
        let mapper = Mapper::default();
        assert_eq!(mapper.tag("a:b%", "c:d", None), [StoredTag::new("a%3Ab%25:c:d")]);
        let id = OriginatorId::from("Member:7");
        let tag = StoredTag::of_originator("Member:7", id.clone());
        assert_eq!(mapper.tag("Member", "7", Some(id)), [tag]);
    }

    #[test]
    fn with_a_key_a_tag_is_a_hash_that_stays_the_same_for_ever() {
        let stored = forms("Shop", OLD, EncryptionMode::Required);
        assert_eq!(stored, ["email:#C9ol24SNqa4Am7ripFj3lw"]);
        assert_ne!(forms("Bank", OLD, EncryptionMode::Required), stored);
        assert_ne!(forms("Shop", NEW, EncryptionMode::Required), stored);
    }

    #[test]
    fn each_key_has_a_form_and_so_has_what_was_stored_in_clear() {
        let clear = "email:ann@example.org".to_owned();
        let [old, new] = [OLD, NEW].map(|key| forms("Shop", key, EncryptionMode::Required).remove(0));
        let both = format!("2:{NEW},1:{OLD}");
        assert_eq!(
            forms("Shop", &both, EncryptionMode::Required),
            [new.clone(), old.clone()]
        );
        assert_eq!(
            forms("Shop", &both, EncryptionMode::Begun),
            [new.clone(), old.clone(), clear.clone()]
        );
        assert_eq!(forms("Shop", &both, EncryptionMode::Ended), [clear, new, old]);
    }
}
