//! How far consumers have processed logs.

use std::collections::HashMap;

use crate::{AlreadyTracked, Fenced, RecorderErrorKind, Tracking, TrackingKey};

#[derive(Default)]
pub(super) struct Positions(HashMap<TrackingKey, Tracking>);

impl Positions {
    /// Says why `tracking` cannot be stored, if so.
    pub(super) fn check(&self, tracking: &Tracking) -> Result<(), RecorderErrorKind> {
        let Some(last) = self.0.get(&tracking.key) else {
            return Ok(());
        };
        if tracking.fence < last.fence {
            return Err(RecorderErrorKind::Fenced(Fenced {
                key: tracking.key.clone(),
                fence: tracking.fence,
                last_fence: last.fence,
            }));
        }
        if tracking.position <= last.position {
            return Err(RecorderErrorKind::AlreadyTracked(AlreadyTracked {
                key: tracking.key.clone(),
                position: tracking.position,
                last_position: last.position,
            }));
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, tracking: Tracking) {
        self.0.insert(tracking.key.clone(), tracking);
    }

    pub(super) fn last(&self, key: &TrackingKey) -> Option<Tracking> {
        self.0.get(key).cloned()
    }
}
