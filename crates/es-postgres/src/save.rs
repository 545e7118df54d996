//! What one call stores.

use std::time::Instant;

use es_persistence::{StoredEvent, Tracking};

/// What one call stores, wholly or not at all.
#[derive(Debug)]
pub(crate) struct Save {
    pub(crate) table: Table,
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) tracking: Option<Tracking>,
    /// Since when the caller waits.
    pub(crate) since: Instant,
}

/// Where the events of a save go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Events,
    Snapshots,
}

impl Save {
    pub(crate) fn new(table: Table, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Self {
        Self {
            table,
            events,
            tracking,
            since: Instant::now(),
        }
    }

    /// How many bytes it sends, about.
    pub(crate) fn size(&self) -> usize {
        self.events
            .iter()
            .map(|event| event.state.len() + event.topic.len() + 100)
            .sum()
    }
}
