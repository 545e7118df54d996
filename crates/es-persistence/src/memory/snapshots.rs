//! The recorder of snapshots in memory: versions may be skipped, and there is no log.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{PoisonError, RwLock},
};

use es_domain::OriginatorId;
use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;

use super::STORE;
use crate::{
    AggregateRecorder, Conflict, Operation, RecorderError, RecorderErrorKind, StoredEvent, StreamSelection,
    check_events,
};

/// Stores snapshots in memory.
#[derive(Default)]
pub(super) struct MemorySnapshots {
    rows: RwLock<Rows>,
}

type Rows = BTreeMap<(OriginatorId, u64), StoredEvent>;

impl MemorySnapshots {
    fn insert(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        check_events(STORE, &events)?;
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let mut inserted = Vec::with_capacity(events.len());
        for event in events {
            let key = (event.originator_id.clone(), event.originator_version);
            if rows.contains_key(&key) {
                for key in &inserted {
                    rows.remove(key);
                }
                return Err(conflict(&rows, key));
            }
            rows.insert(key.clone(), event);
            inserted.push(key);
        }
        Ok(Vec::new())
    }

    fn select(&self, selection: &StreamSelection) -> Vec<StoredEvent> {
        let id = selection.originator_id();
        let (lower, upper) = (selection.lower(), selection.upper().unwrap_or(u64::MAX));
        if lower >= upper {
            return Vec::new();
        }
        let bounds = (
            Bound::Excluded((id.clone(), lower)),
            Bound::Included((id.clone(), upper)),
        );
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let chosen = rows.range(bounds).map(|(_, event)| event.clone());
        let limit = selection.max_len().unwrap_or(usize::MAX);
        if selection.is_descending() {
            chosen.rev().take(limit).collect()
        } else {
            chosen.take(limit).collect()
        }
    }
}

fn conflict(rows: &Rows, (originator_id, version): (OriginatorId, u64)) -> RecorderError {
    let of_aggregate = (originator_id.clone(), 0)..=(originator_id.clone(), u64::MAX);
    let last_version = rows
        .range(of_aggregate)
        .next_back()
        .map_or(0, |((_, version), _)| *version);
    let conflict = Conflict {
        originator_id,
        version,
        last_version,
    };
    RecorderError::new(STORE, Operation::InsertEvents, RecorderErrorKind::Conflict(conflict))
}

impl fmt::Debug for MemorySnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySnapshots").finish_non_exhaustive()
    }
}

impl AggregateRecorder for MemorySnapshots {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        std::future::ready(self.insert(events)).boxed()
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        std::future::ready(Ok(self.select(&selection))).boxed()
    }
}
