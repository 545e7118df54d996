//! Connections for reading.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// A connection to a read model, for reading. It goes back to its store when it is dropped.
pub struct Reading<C>(Box<dyn DerefMut<Target = C> + Send>);

impl<C> Reading<C> {
    /// Wraps what a store lends.
    pub fn new(connection: impl DerefMut<Target = C> + Send + 'static) -> Self {
        Self(Box::new(connection))
    }
}

impl<C> Deref for Reading<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> DerefMut for Reading<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C> fmt::Debug for Reading<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
