//! Who may use a database in memory at a time.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::config::Location;

/// Lets those who read in together, or one who writes alone, in the order in which they came.
///
/// A file needs none of this: its readers and its writer do not wait for each other. In memory they do, and SQLite lets
/// them try again and again until one is lucky; a writer among many readers never is.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Option<Arc<RwLock<()>>>);

impl Gate {
    pub(crate) fn of(location: &Location) -> Self {
        match location {
            Location::Memory(_) => Self(Some(Arc::default())),
            Location::File(_) | Location::Uri(_) => Self(None),
        }
    }

    pub(crate) async fn read(&self) -> Option<OwnedRwLockReadGuard<()>> {
        match &self.0 {
            Some(lock) => Some(Arc::clone(lock).read_owned().await),
            None => None,
        }
    }

    pub(crate) async fn write(&self) -> Option<OwnedRwLockWriteGuard<()>> {
        match &self.0 {
            Some(lock) => Some(Arc::clone(lock).write_owned().await),
            None => None,
        }
    }
}
