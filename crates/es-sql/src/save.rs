//! What one call stores.

use std::{sync::Arc, time::Instant};

use es_persistence::{RecorderError, StoredEvent, Tracking, check_events, check_tracking};

use crate::Database;

/// What one call stores, wholly or not at all.
#[derive(Debug)]
pub struct Save {
    /// Where the events go.
    pub table: Table,
    /// The events, or snapshots in the form of events.
    pub events: Vec<StoredEvent>,
    /// What they come of.
    pub tracking: Option<Tracking>,
    /// Since when the caller waits.
    pub since: Instant,
}

/// Where the events of a save go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The application's events, with positions.
    Events,
    /// The application's snapshots, without.
    Snapshots,
}

impl Save {
    /// Whether it is events and nothing else.
    pub fn is_plain(&self) -> bool {
        self.table == Table::Events && self.tracking.is_none()
    }

    /// Returns about how many bytes the save takes in memory.
    pub fn size(&self) -> usize {
        let size = |event: &StoredEvent| size_of::<StoredEvent>() + event.state.len();
        self.events.iter().map(size).sum()
    }
}

/// Has `database` store what is given, after a look whether it can be stored at all.
pub(super) async fn submit<D: Database>(
    database: &Arc<D>,
    table: Table,
    events: Vec<StoredEvent>,
    tracking: Option<Tracking>,
) -> Result<Vec<u64>, RecorderError> {
    if events.is_empty() && tracking.is_none() {
        return Ok(Vec::new());
    }
    check_events(D::STORE, &events)?;
    tracking
        .iter()
        .try_for_each(|tracking| check_tracking(D::STORE, tracking))?;
    database
        .save(Save {
            table,
            events,
            tracking,
            since: Instant::now(),
        })
        .await
}
