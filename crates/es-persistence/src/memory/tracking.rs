//! How far upstreams have been processed.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use crate::{AlreadyTracked, Tracking};

/// The last position of each upstream.
#[derive(Default)]
pub(super) struct Positions(HashMap<Arc<str>, (u64, Option<Uuid>)>);

impl Positions {
    /// Refuses a position that does not come after the last one.
    pub(super) fn check(&self, tracking: &Tracking) -> Result<(), AlreadyTracked> {
        match self.0.get(&tracking.upstream) {
            Some((last_position, _)) if tracking.position <= *last_position => Err(AlreadyTracked {
                upstream: Arc::clone(&tracking.upstream),
                position: tracking.position,
                last_position: *last_position,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn insert(&mut self, tracking: Tracking) {
        self.0.insert(tracking.upstream, (tracking.position, tracking.event_id));
    }

    pub(super) fn last(&self, upstream: &Arc<str>) -> Option<Tracking> {
        let (position, event_id) = *self.0.get(upstream)?;
        Some(Tracking {
            upstream: Arc::clone(upstream),
            position,
            event_id,
        })
    }
}
