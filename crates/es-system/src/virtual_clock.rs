//! A clock that stands still unless it is moved.

use std::sync::{Arc, Mutex, PoisonError};

use es_domain::{Clock, Timestamp};

/// A clock that stands still unless it is moved. Clones are the same clock.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock(Arc<Mutex<Timestamp>>);

impl VirtualClock {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub(crate) fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
