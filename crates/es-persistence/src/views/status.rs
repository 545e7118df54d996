//! What a store knows of a generation.

use std::time::Duration;

use uuid::Uuid;

use crate::views::{Checkpoint, Generation};

/// What a store knows of a generation: the same for every instance that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewStatus {
    /// The generation.
    pub generation: Generation,
    /// The instance that has the lease, or `None` if the lease has ended or was given back.
    pub owner: Option<Uuid>,
    /// How long the lease still lasts.
    pub lease_left: Duration,
    /// The number of the last lease.
    pub fence: u64,
    /// The last error that an instance has reported, until a commit succeeds.
    pub error: Option<String>,
    /// How far the read model has come in each log.
    pub checkpoints: Vec<Checkpoint>,
    /// How many events are set aside.
    pub set_aside: u64,
}

impl ViewStatus {
    /// Begins the status of a generation that nobody has written.
    pub const fn new(generation: Generation) -> Self {
        Self {
            generation,
            owner: None,
            lease_left: Duration::ZERO,
            fence: 0,
            error: None,
            checkpoints: Vec::new(),
            set_aside: 0,
        }
    }
}
