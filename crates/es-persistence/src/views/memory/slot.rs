//! One generation in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    TrackingKey,
    views::{Checkpoint, Claim, DeadLetter, Disposition, Generation, GenerationId, GenerationState, Lease, ViewStatus},
};

/// The order of letters: by projection, log and position.
pub(super) type Place = (Arc<str>, Arc<str>, u64);

pub(super) struct Slot<C> {
    pub(super) state: GenerationState,
    pub(super) model: C,
    pub(super) is_made: bool,
    owner: Option<Uuid>,
    pub(super) fence: u64,
    expires: Instant,
    pub(super) error: Option<String>,
    pub(super) checkpoints: HashMap<TrackingKey, Checkpoint>,
    pub(super) letters: BTreeMap<Place, DeadLetter>,
}

pub(super) fn place(letter: &DeadLetter) -> Place {
    let TrackingKey { consumer, upstream } = letter.key.clone();
    (consumer, upstream, letter.position)
}

impl<C: Default> Slot<C> {
    pub(super) fn new() -> Self {
        Self {
            state: GenerationState::Building,
            model: C::default(),
            is_made: false,
            owner: None,
            fence: 0,
            expires: Instant::now(),
            error: None,
            checkpoints: HashMap::new(),
            letters: BTreeMap::new(),
        }
    }
}

impl<C> Slot<C> {
    /// The instance whose lease has not ended.
    pub(super) fn owner(&self) -> Option<Uuid> {
        self.owner.filter(|_| self.expires > Instant::now())
    }

    /// A lease that has ended counts until another instance takes it.
    pub(super) fn is_held_by(&self, lease: &Lease) -> bool {
        self.owner == Some(lease.claim.owner) && self.fence == lease.fence
    }

    pub(super) fn lease(&mut self, generation: GenerationId, claim: Claim) -> Lease {
        self.owner = Some(claim.owner);
        self.fence += 1;
        let lease = Lease::new(generation, claim, self.fence);
        self.renew(&lease);
        lease
    }

    pub(super) fn renew(&mut self, lease: &Lease) {
        self.expires = Instant::now() + lease.claim.ttl;
    }

    pub(super) fn release(&mut self, error: Option<String>) {
        self.owner = None;
        if error.is_some() {
            self.error = error;
        }
    }

    pub(super) fn status(&self, generation: Generation) -> ViewStatus {
        let mut status = ViewStatus::new(generation);
        status.owner = self.owner();
        if status.owner.is_some() {
            status.lease_left = self.expires.saturating_duration_since(Instant::now());
        }
        status.fence = self.fence;
        status.error.clone_from(&self.error);
        status.checkpoints = self.checkpoints.values().cloned().collect();
        status
            .checkpoints
            .sort_by(|one, other| one.tracking.key.upstream.cmp(&other.tracking.key.upstream));
        let waiting = self.letters.values();
        status.set_aside = waiting
            .filter(|letter| letter.disposition != Disposition::Skipped)
            .count() as u64;
        status
    }
}
