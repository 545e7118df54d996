//! A pool of contexts: making a context costs more than compressing an event.

use std::sync::{Mutex, PoisonError};

/// The idle contexts.
pub(super) struct Pool<T> {
    idle: Mutex<Vec<T>>,
}

/// The pool keeps at most this many idle contexts. Further contexts are dropped after use.
const KEPT: usize = 16;

impl<T> Pool<T> {
    pub(super) const fn new() -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Takes an idle context, or makes one with `make`.
    pub(super) fn take<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(make, Ok)
    }

    /// Gives back `context`, which must be in a state for its next use.
    pub(super) fn put(&self, context: T) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(context);
        }
    }
}
