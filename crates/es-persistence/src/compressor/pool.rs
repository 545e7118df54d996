//! Contexts that are used again: making one costs more than compressing an event.

use std::sync::{Mutex, PoisonError};

/// Contexts that nobody uses at the moment.
pub(super) struct Pool<T> {
    idle: Mutex<Vec<T>>,
}

/// As many are kept as there may be threads at work; more are made when there are more, and dropped after use.
const KEPT: usize = 16;

impl<T> Pool<T> {
    pub(super) const fn new() -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
        }
    }

    /// An idle context, or one that `make` makes.
    pub(super) fn take<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(make, Ok)
    }

    /// Keeps `context`, which must be good for anybody's use.
    pub(super) fn put(&self, context: T) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(context);
        }
    }
}
