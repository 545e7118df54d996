//! What one call stores.

use es_persistence::{StoredEvent, Tracking};

/// What one call stores, wholly or not at all.
#[derive(Debug)]
pub(crate) struct Save {
    pub(crate) table: Table,
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) tracking: Option<Tracking>,
}

/// Where the events of a save go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Events,
    Snapshots,
}

impl Save {
    /// Whether it is rows of the log and nothing else, so that one statement can store several of them.
    pub(crate) fn is_plain(&self) -> bool {
        self.table == Table::Events && self.tracking.is_none()
    }
}
