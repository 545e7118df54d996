//! How far a chain has been followed.

use es_domain::EventHash;

/// The head of a chain: the hash of the last event, whose last two bits tell what the event's link proves.
///
/// The bits are in the hash so that they are kept wherever an aggregate's head is kept: in its snapshots and in caches. So
/// a chain that is resumed refuses the same rows as one that is followed from its first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mapper) struct ChainHead(EventHash);

/// What a link proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// There was no event, or it had no link.
    None = 0,
    /// The link has a hash that can be computed without a key.
    Unkeyed = 1,
    /// The link has a hash that can only be computed with a key.
    Keyed = 2,
}

const BITS: u8 = 0b11;

impl ChainHead {
    pub(super) fn new(hash: EventHash, strength: Strength) -> Self {
        let mut bytes = *hash.as_bytes();
        bytes[31] = bytes[31] & !BITS | strength as u8;
        Self(EventHash::from_bytes(bytes))
    }

    /// Resumes a chain at the head that an aggregate has kept.
    pub(in crate::mapper) const fn resume(head: EventHash) -> Self {
        Self(head)
    }

    /// Returns the head as an aggregate keeps it.
    pub(in crate::mapper) const fn to_hash(self) -> EventHash {
        self.0
    }

    pub(super) const fn strength(self) -> Strength {
        match self.0.as_bytes()[31] & BITS {
            0 => Strength::None,
            1 => Strength::Unkeyed,
            _ => Strength::Keyed,
        }
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}
