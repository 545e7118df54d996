//! The hash itself.

use es_domain::{EventHash, OriginatorId};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{HMAC_SHA_256, SHA_256};
use crate::cipher::SealContext;

/// One way to hash: its fields are fed to it one by one.
#[derive(Clone)]
pub(super) enum Hasher {
    Keyed(Box<Hmac<Sha256>>),
    Unkeyed,
}

/// One hash on its way.
enum Running {
    Keyed(Box<Hmac<Sha256>>),
    Unkeyed(Sha256),
}

/// Events have no version of their schema that is not within their states.
const SCHEMA_VERSION: u32 = 1;

impl Hasher {
    /// Hashes with a key derived of `secret`, which may be used for other things as well.
    pub(super) fn keyed(secret: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, secret)
            .expand(b"es/chain/v1", &mut *key)
            .expect("HKDF-SHA-256 gives up to 8160 bytes");
        let mac = Hmac::new_from_slice(&*key).expect("HMAC takes keys of any length");
        Self::Keyed(Box::new(mac))
    }

    pub(super) const fn unkeyed() -> Self {
        Self::Unkeyed
    }

    pub(super) const fn suite(&self) -> u8 {
        match self {
            Self::Keyed(_) => HMAC_SHA_256,
            Self::Unkeyed => SHA_256,
        }
    }

    pub(super) fn genesis(&self, genesis: &str, application: &str, id: &OriginatorId) -> EventHash {
        let mut running = self.begin(b"es/genesis/v1");
        running.bytes(genesis.as_bytes());
        running.bytes(application.as_bytes());
        match id {
            OriginatorId::Uuid(uuid) => {
                running.fixed(&[1]);
                running.fixed(uuid.as_bytes());
            }
            OriginatorId::Text(text) => {
                running.fixed(&[2]);
                running.bytes(text.as_bytes());
            }
        }
        running.finish()
    }

    pub(super) fn next(&self, previous: &EventHash, context: &SealContext<'_>, plain: &[u8]) -> EventHash {
        self.event(previous, context, plain).finish()
    }

    /// Compares in constant time, so that nobody finds a hash by trying.
    pub(super) fn is_next(
        &self,
        previous: &EventHash,
        context: &SealContext<'_>,
        plain: &[u8],
        hash: &[u8; 32],
    ) -> bool {
        match self.event(previous, context, plain) {
            Running::Keyed(mac) => mac.verify_slice(hash).is_ok(),
            Running::Unkeyed(digest) => digest.finalize()[..] == hash[..],
        }
    }

    fn event(&self, previous: &EventHash, context: &SealContext<'_>, plain: &[u8]) -> Running {
        let mut running = self.begin(b"es/event/v1");
        running.fixed(previous.as_bytes());
        running.fixed(&context.originator_version.to_be_bytes());
        running.bytes(context.topic.as_bytes());
        running.fixed(&SCHEMA_VERSION.to_be_bytes());
        running.bytes(plain);
        running
    }

    fn begin(&self, domain: &[u8]) -> Running {
        let mut running = match self {
            Self::Keyed(mac) => Running::Keyed(mac.clone()),
            Self::Unkeyed => Running::Unkeyed(Sha256::new()),
        };
        running.fixed(domain);
        running
    }
}

impl Running {
    /// A field whose length is always the same.
    fn fixed(&mut self, bytes: &[u8]) {
        match self {
            Self::Keyed(mac) => mac.update(bytes),
            Self::Unkeyed(digest) => digest.update(bytes),
        }
    }

    /// A field of any length.
    fn bytes(&mut self, bytes: &[u8]) {
        self.fixed(&(bytes.len() as u64).to_be_bytes());
        self.fixed(bytes);
    }

    fn finish(self) -> EventHash {
        match self {
            Self::Keyed(mac) => EventHash::from_bytes(mac.finalize().into_bytes().into()),
            Self::Unkeyed(digest) => EventHash::from_bytes(digest.finalize().into()),
        }
    }
}
