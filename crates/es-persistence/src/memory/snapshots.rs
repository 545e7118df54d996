//! The snapshots in memory.

use std::{collections::BTreeMap, ops::Bound};

use es_domain::OriginatorId;

use crate::{SnapshotDeletion, StoredSnapshot, StreamSelection};

/// All snapshots by aggregate and version.
#[derive(Default)]
pub(super) struct Snapshots(BTreeMap<(OriginatorId, u64), StoredSnapshot>);

impl Snapshots {
    pub(super) fn insert(&mut self, snapshots: Vec<StoredSnapshot>) {
        let keyed = snapshots
            .into_iter()
            .map(|snapshot| ((snapshot.originator_id.clone(), snapshot.originator_version), snapshot));
        self.0.extend(keyed);
    }

    pub(super) fn select(&self, selection: &StreamSelection) -> Vec<StoredSnapshot> {
        let id = selection.originator_id();
        let (lower, upper) = (selection.lower(), selection.upper().unwrap_or(u64::MAX));
        if lower >= upper {
            return Vec::new();
        }
        let bounds = (
            Bound::Excluded((id.clone(), lower)),
            Bound::Included((id.clone(), upper)),
        );
        let chosen = self.0.range(bounds).map(|(_, snapshot)| snapshot.clone());
        let limit = selection.max_len().unwrap_or(usize::MAX);
        if selection.is_descending() {
            chosen.rev().take(limit).collect()
        } else {
            chosen.take(limit).collect()
        }
    }

    pub(super) fn delete(&mut self, doomed: &SnapshotDeletion) {
        self.0.retain(|(id, _), snapshot| match doomed {
            SnapshotDeletion::OfAggregate(doomed) => id != doomed,
            SnapshotDeletion::OfTopic(topic) => snapshot.topic != *topic,
        });
    }
}
