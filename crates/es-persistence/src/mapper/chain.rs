//! Hash chains: the events of an aggregate are linked, so that a change, a swap, an insertion or a removal is noticed.
//!
//! Each event of a chained aggregate has a link in its row (the column `hash`):
//!
//! ```text
//! 0   1  suite: 0x01 HMAC-SHA-256, 0x02 SHA-256
//! 1   4  key ID, big-endian; 0 without a key, and for the key made of a salt
//! 5   32 hash
//! ```
//!
//! The hash covers the chain's head before the event, and every column of the row but the position, with state and metadata
//! as they are stored. So a chain is verified without any key of a cipher, and a hash tells nothing about what a cipher
//! protects. The head before the first event is a hash of the application and the aggregate's ID; the head after an event is
//! the event's hash, marked with the kind of its link (see `ChainHead`).

mod error;
mod hasher;
mod head;
mod link;

use std::{fmt, sync::Arc};

use es_domain::OriginatorId;

pub use self::error::ChainError;
pub(super) use self::head::ChainHead;
use self::{hasher::Hasher, head::Strength, link::Link};
use crate::{
    StoredEvent, StoredSnapshot,
    cipher::{InvalidKeyRing, KeyId, KeyRing},
};

/// The ID that links name the key by that is made of a salt. The suite tells it from a link without a key.
const SALT_ID: KeyId = KeyId(0);

/// How the events of aggregates are linked: plain SHA-256, or HMAC-SHA-256 with keys.
///
/// Without a key, a chain shows accidents and careless changes. Somebody who can write rows can compute new hashes as well;
/// with a key, only who has the key can.
///
/// Keys can be rotated: the first key of the ring writes, and every key of the ring verifies what it has written.
///
/// # Changing how events are linked
///
/// - From no key to a key: stop the programs that have no key, then start them with `HASH_CHAIN_KEY` and
///   `HASH_CHAIN_ACCEPT=unkeyed` ([`keyed`](Self::keyed) and [`ChainAcceptance::Unkeyed`]).
/// - From a salt to a key: set `HASH_CHAIN_KEY` beside `SALT_FOR_DATA_INTEGRITY`
///   ([`with_verifying_salt`](Self::with_verifying_salt)). The key links new events, and the salt still verifies the events
///   that it has linked. A program with the salt alone cannot read what the key has linked, so stop such programs first.
/// - From one key to another: first add the new key at the end of the ring in every program, then move it to the front.
#[derive(Clone)]
pub struct HashChain {
    genesis: Arc<str>,
    /// The first one writes.
    keys: Vec<(KeyId, Hasher)>,
    acceptance: ChainAcceptance,
}

/// Which events without a link, or with a weaker one, are accepted in a chain.
///
/// It is for stored aggregates whose chain begins, or becomes keyed, after their first event. From then on the links cover
/// the events before them too. While more than [`Nothing`](Self::Nothing) is accepted, somebody who can write rows can take
/// the links of an aggregate away unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChainAcceptance {
    /// Every event has a link of the kind that this chain writes.
    #[default]
    Nothing,
    /// The first events may have links without a key.
    Unkeyed,
    /// The first events may have no links, or links without a key.
    Unchained,
    /// Any event may have no link: a program without the attribute has stored it.
    Interrupted,
}

impl HashChain {
    /// Links by SHA-256 without a key.
    #[must_use]
    pub fn unkeyed() -> Self {
        Self::of(vec![(KeyId(0), Hasher::unkeyed())])
    }

    /// Links by HMAC-SHA-256: the first key of `ring` writes, all of them verify.
    #[must_use]
    pub fn keyed(ring: &KeyRing) -> Self {
        let keys = ring.iter().map(|(id, key)| (id, Hasher::keyed(key.as_bytes())));
        Self::of(keys.collect())
    }

    /// Links by HMAC-SHA-256 under a key made of `salt`, as older versions of Python's `eventsourcing` are set up.
    ///
    /// In links the key has the ID 0.
    #[must_use]
    pub fn salted(salt: &str) -> Self {
        Self::of(vec![(SALT_ID, Hasher::keyed(salt.as_bytes()))])
    }

    /// Verifies, but does not write, links under a key made of `salt`. It is for chains that were [salted](Self::salted) and
    /// are keyed now.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyRing::SameId`] when a key has the ID 0, which is that of the salt's key.
    pub fn with_verifying_salt(mut self, salt: &str) -> Result<Self, InvalidKeyRing> {
        let is_taken = |(id, hasher): &(KeyId, Hasher)| *id == SALT_ID && hasher.strength() == Strength::Keyed;
        if self.keys.iter().any(is_taken) {
            return Err(InvalidKeyRing::SameId(SALT_ID));
        }
        self.keys.push((SALT_ID, Hasher::keyed(salt.as_bytes())));
        Ok(self)
    }

    fn of(keys: Vec<(KeyId, Hasher)>) -> Self {
        Self {
            genesis: Arc::from(""),
            keys,
            acceptance: ChainAcceptance::Nothing,
        }
    }

    /// Begins every chain after the hash of this text, too.
    #[must_use]
    pub fn with_genesis(self, genesis: impl Into<Arc<str>>) -> Self {
        Self {
            genesis: genesis.into(),
            ..self
        }
    }

    /// Accepts events that have no link or a weaker one: see [`ChainAcceptance`].
    #[must_use]
    pub fn accepting(self, acceptance: ChainAcceptance) -> Self {
        Self { acceptance, ..self }
    }

    pub(super) const fn accepts_interruptions(&self) -> bool {
        matches!(self.acceptance, ChainAcceptance::Interrupted)
    }

    /// Returns the head before the first event of an aggregate. It depends on no key, so that keys can be rotated.
    pub(super) fn start(&self, application: &str, originator_id: &OriginatorId) -> ChainHead {
        let genesis = Hasher::unkeyed().genesis(&self.genesis, application, originator_id);
        ChainHead::new(genesis, Strength::None)
    }

    /// Links `row` to the event before it, and moves `head` on.
    pub(super) fn seal(&self, head: &mut ChainHead, row: &mut StoredEvent) {
        let (key_id, hasher) = self.primary();
        let hash = hasher.event(*head, row);
        *head = ChainHead::new(hash, hasher.strength());
        row.hash = Some(Link::new(hasher.suite(), *key_id, hash).to_bytes());
    }

    /// Moves `head` on if `row` follows it.
    pub(super) fn verify(&self, head: &mut ChainHead, row: &StoredEvent) -> Result<(), ChainError> {
        let Some(link) = row.hash.as_deref() else {
            return self.pass_over(head, row);
        };
        let link = Link::parse(link)?;
        let hasher = self.hasher_of(&link)?;
        if hasher.strength() < head.strength() {
            return Err(ChainError::Weakened);
        }
        if hasher.strength() < self.primary().1.strength() && self.acceptance < ChainAcceptance::Unkeyed {
            return Err(ChainError::Unkeyed);
        }
        if !hasher.is_event(*head, row, &link.hash) {
            return Err(ChainError::Broken);
        }
        *head = link.head();
        Ok(())
    }

    /// Moves `head` on over an event without a link, if that is accepted. The next link covers the event all the same.
    fn pass_over(&self, head: &mut ChainHead, row: &StoredEvent) -> Result<(), ChainError> {
        let is_interrupted = head.strength() != Strength::None;
        match self.acceptance {
            ChainAcceptance::Interrupted => {}
            _ if is_interrupted => return Err(ChainError::Interrupted),
            ChainAcceptance::Unchained => {}
            _ => return Err(ChainError::NotChained),
        }
        *head = ChainHead::new(Hasher::unkeyed().event(*head, row), head.strength());
        Ok(())
    }

    /// Authenticates a snapshot.
    pub(super) fn seal_snapshot(&self, application: &str, row: &mut StoredSnapshot) {
        let (key_id, hasher) = self.primary();
        let hash = hasher.snapshot(application, row);
        row.hash = Some(Link::new(hasher.suite(), *key_id, hash).to_bytes());
    }

    /// Checks that a snapshot was written with one of the keys.
    pub(super) fn verify_snapshot(&self, application: &str, row: &StoredSnapshot) -> Result<(), ChainError> {
        let link = Link::parse(row.hash.as_deref().ok_or(ChainError::NotChained)?)?;
        let hasher = self.hasher_of(&link)?;
        if hasher.strength() < self.primary().1.strength() {
            return Err(ChainError::Unkeyed);
        }
        if !hasher.is_snapshot(application, row, &link.hash) {
            return Err(ChainError::Broken);
        }
        Ok(())
    }

    /// Returns the head after `row` as its link claims it. The link is not verified.
    pub(super) fn claimed(row: &StoredEvent) -> Option<ChainHead> {
        let link = Link::parse(row.hash.as_deref()?);
        link.ok().map(Link::head)
    }

    fn hasher_of(&self, link: &Link) -> Result<Hasher, ChainError> {
        if link.suite == hasher::SHA_256 {
            return Ok(Hasher::unkeyed());
        }
        let mut keys = self.keys.iter();
        let found = keys.find(|(id, hasher)| *id == link.key_id && hasher.suite() == link.suite);
        let unknown = if link.key_id == SALT_ID {
            ChainError::UnknownSalt
        } else {
            ChainError::UnknownKey(link.key_id)
        };
        found.map(|(_, hasher)| hasher.clone()).ok_or(unknown)
    }

    fn primary(&self) -> &(KeyId, Hasher) {
        self.keys.first().expect("a chain is made with at least one hasher")
    }
}

/// Prints the IDs of the keys, and no key.
impl fmt::Debug for HashChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|(id, _)| id);
        f.debug_struct("HashChain")
            .field("keys", &ids.collect::<Vec<_>>())
            .field("acceptance", &self.acceptance)
            .finish_non_exhaustive()
    }
}
