//! The hash functions of a chain.

use es_domain::{EventHash, OriginatorId};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::head::{ChainHead, Strength};
use crate::{StoredEvent, StoredSnapshot};

pub(super) const HMAC_SHA_256: u8 = 0x01;
pub(super) const SHA_256: u8 = 0x02;

/// A hash function with or without a key.
#[derive(Clone)]
pub(super) enum Hasher {
    Keyed(Box<Hmac<Sha256>>),
    Unkeyed,
}

/// A hash that is being computed.
enum Running {
    Keyed(Box<Hmac<Sha256>>),
    Unkeyed(Sha256),
}

impl Hasher {
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

    pub(super) const fn strength(&self) -> Strength {
        match self {
            Self::Keyed(_) => Strength::Keyed,
            Self::Unkeyed => Strength::Unkeyed,
        }
    }

    /// The hash before the first event of an aggregate.
    pub(super) fn genesis(&self, genesis: &str, application: &str, id: &OriginatorId) -> EventHash {
        let mut running = self.begin(b"es/genesis/v1");
        running.bytes(genesis.as_bytes());
        running.bytes(application.as_bytes());
        running.id(id);
        running.finish()
    }

    /// The hash of an event after the head `previous`.
    pub(super) fn event(&self, previous: ChainHead, row: &StoredEvent) -> EventHash {
        self.run_event(previous, row).finish()
    }

    /// Returns `true` if `hash` is that of the event. With a key, the comparison takes the same time for any hash.
    pub(super) fn is_event(&self, previous: ChainHead, row: &StoredEvent, hash: &EventHash) -> bool {
        self.run_event(previous, row).is(hash)
    }

    /// The hash of a snapshot.
    pub(super) fn snapshot(&self, application: &str, row: &StoredSnapshot) -> EventHash {
        self.run_snapshot(application, row).finish()
    }

    /// Returns `true` if `hash` is that of the snapshot.
    pub(super) fn is_snapshot(&self, application: &str, row: &StoredSnapshot, hash: &EventHash) -> bool {
        self.run_snapshot(application, row).is(hash)
    }

    fn run_event(&self, previous: ChainHead, row: &StoredEvent) -> Running {
        let mut running = self.begin(b"es/event/v2");
        running.fixed(previous.as_bytes());
        running.id(&row.originator_id);
        running.fixed(&row.originator_version.to_be_bytes());
        running.bytes(row.topic.as_bytes());
        running.fixed(row.event_id.as_bytes());
        running.fixed(&row.timestamp.as_micros().to_be_bytes());
        running.fixed(&row.schema_version.to_be_bytes());
        running.bytes(&row.state);
        match &row.metadata {
            None => running.fixed(&[0]),
            Some(metadata) => {
                running.fixed(&[1]);
                running.bytes(metadata);
            }
        }
        running
    }

    fn run_snapshot(&self, application: &str, row: &StoredSnapshot) -> Running {
        let mut running = self.begin(b"es/snapshot/v1");
        running.bytes(application.as_bytes());
        running.id(&row.originator_id);
        running.fixed(&row.originator_version.to_be_bytes());
        running.bytes(row.topic.as_bytes());
        running.fixed(&row.timestamp.as_micros().to_be_bytes());
        running.fixed(&row.schema_version.to_be_bytes());
        running.bytes(&row.state);
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
    /// Adds bytes that are always as many.
    fn fixed(&mut self, bytes: &[u8]) {
        match self {
            Self::Keyed(mac) => mac.update(bytes),
            Self::Unkeyed(digest) => digest.update(bytes),
        }
    }

    /// Adds bytes with their number before them, so that no two rows give the same bytes.
    fn bytes(&mut self, bytes: &[u8]) {
        self.fixed(&(bytes.len() as u64).to_be_bytes());
        self.fixed(bytes);
    }

    fn id(&mut self, id: &OriginatorId) {
        match id {
            OriginatorId::Uuid(uuid) => {
                self.fixed(&[1]);
                self.fixed(uuid.as_bytes());
            }
            OriginatorId::Text(text) => {
                self.fixed(&[2]);
                self.bytes(text.as_bytes());
            }
        }
    }

    fn is(self, hash: &EventHash) -> bool {
        match self {
            Self::Keyed(mac) => mac.verify_slice(hash.as_bytes()).is_ok(),
            Self::Unkeyed(digest) => digest.finalize()[..] == hash.as_bytes()[..],
        }
    }

    fn finish(self) -> EventHash {
        match self {
            Self::Keyed(mac) => EventHash::from_bytes(mac.finalize().into_bytes().into()),
            Self::Unkeyed(digest) => EventHash::from_bytes(digest.finalize().into()),
        }
    }
}
