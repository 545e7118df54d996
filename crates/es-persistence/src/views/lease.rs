//! The right to write a read model.

use std::time::Duration;

use uuid::Uuid;

use crate::views::GenerationId;

/// An instance that wants to write, and for how long the right lasts without being renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The instance. Each one has an ID of its own.
    pub owner: Uuid,
    /// How long the lease lasts from its last renewal or commit, by the clock of the database.
    pub ttl: Duration,
}

/// The right to write one generation of a read model.
///
/// It lasts for its [`ttl`](Claim::ttl) and is renewed by each commit. Each time it is taken, also again by the same instance,
/// the fence grows: a transaction under an older fence commits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// What may be written.
    pub generation: GenerationId,
    /// The instance that has the lease, and how long the lease lasts.
    pub claim: Claim,
    /// The number of the lease.
    pub fence: u64,
}

impl Claim {
    /// Makes the claim of an instance.
    pub const fn new(owner: Uuid, ttl: Duration) -> Self {
        Self { owner, ttl }
    }
}

impl Lease {
    /// Makes a lease that a store has given.
    pub const fn new(generation: GenerationId, claim: Claim, fence: u64) -> Self {
        Self {
            generation,
            claim,
            fence,
        }
    }

    /// Returns the kind of the error for a commit under this lease when the store's fence is `last_fence`.
    pub fn fenced(&self, last_fence: u64) -> crate::RecorderErrorKind {
        super::checkpoint::fenced(&self.generation, self.fence, last_fence)
    }
}
