//! One call's rows.

use std::{sync::Arc, time::Instant};

use es_persistence::{
    AppendCondition, Operation, RecorderError, RecorderErrorKind, SnapshotDeletion, StoredEvent, StoredSnapshot,
    StoredTag, TaggedRow, Tracking, check_events, check_snapshots, check_tracking,
};

use crate::Database;

/// The rows of one call, which are stored all together or not at all.
#[derive(Clone, Debug)]
pub struct Save {
    /// The events.
    pub events: Arc<[StoredEvent]>,
    /// The position of the upstream event that the events come of.
    pub tracking: Option<Tracking>,
    /// Snapshots; each replaces one of the same aggregate and version.
    pub snapshots: Arc<[StoredSnapshot]>,
    /// Snapshots that are deleted.
    pub deletion: Option<SnapshotDeletion>,
    /// The tags of the events, and on which condition they are stored; `None` if they are saved with their aggregates.
    pub tagging: Option<Arc<Tagging>>,
    /// When the caller began to wait.
    pub since: Instant,
}

/// What events that are stored with tags have besides.
#[derive(Debug, Default)]
pub struct Tagging {
    /// The tags of each event.
    pub tags: Vec<Vec<StoredTag>>,
    /// On which condition the events are stored.
    pub condition: Option<AppendCondition>,
}

impl Save {
    /// Makes a save of `events`.
    pub fn of_events(events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Self {
        Self {
            events: events.into(),
            tracking,
            ..Self::of_nothing()
        }
    }

    /// Makes a save of events with tags.
    pub fn of_tagged(rows: Vec<TaggedRow>, condition: Option<AppendCondition>) -> Self {
        let (events, tags): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.event, row.tags)).unzip();
        Self {
            events: events.into(),
            tagging: Some(Arc::new(Tagging { tags, condition })),
            ..Self::of_nothing()
        }
    }

    /// Makes a save of snapshots.
    pub fn of_snapshots(snapshots: Vec<StoredSnapshot>) -> Self {
        Self {
            snapshots: snapshots.into(),
            ..Self::of_nothing()
        }
    }

    /// Makes a save that deletes snapshots.
    pub fn of_deletion(deletion: SnapshotDeletion) -> Self {
        Self {
            deletion: Some(deletion),
            ..Self::of_nothing()
        }
    }

    fn of_nothing() -> Self {
        Self {
            events: Arc::default(),
            tracking: None,
            snapshots: Arc::default(),
            deletion: None,
            tagging: None,
            since: Instant::now(),
        }
    }

    /// Returns `true` if the save has nothing but events.
    pub fn is_plain(&self) -> bool {
        self.tracking.is_none() && self.snapshots.is_empty() && self.deletion.is_none() && self.tagging.is_none()
    }

    /// The condition on which the save is stored.
    pub fn condition(&self) -> Option<&AppendCondition> {
        self.tagging.as_ref()?.condition.as_ref()
    }

    /// The events, each with its tags; `None` for those of an event that is saved with its aggregate.
    pub fn tagged_events(&self) -> impl Iterator<Item = (&StoredEvent, Option<&[StoredTag]>)> {
        let events = self.events.iter().enumerate();
        events.map(|(index, event)| {
            let tags = self.tagging.as_ref().map(|tagging| tagging.tags.get(index));
            (event, tags.map(|tags| tags.map(Vec::as_slice).unwrap_or_default()))
        })
    }

    /// Returns `true` if there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.tracking.is_none() && self.snapshots.is_empty() && self.deletion.is_none()
    }

    /// The operation that errors name.
    pub fn operation(&self) -> Operation {
        if self.deletion.is_some() {
            Operation::DeleteSnapshots
        } else if !self.snapshots.is_empty() {
            Operation::InsertSnapshots
        } else {
            Operation::InsertEvents
        }
    }

    /// Returns about how many bytes the save takes in memory.
    pub fn size(&self) -> usize {
        let event = |event: &StoredEvent| size_of::<StoredEvent>() + event.state.len();
        let snapshot = |snapshot: &StoredSnapshot| size_of::<StoredSnapshot>() + snapshot.state.len();
        let tags = self.tagging.as_ref().map_or(0, |tagging| tagging.size());
        tags + self.events.iter().map(event).sum::<usize>() + self.snapshots.iter().map(snapshot).sum::<usize>()
    }
}

impl Tagging {
    fn size(&self) -> usize {
        let tags = self.tags.iter().flatten();
        tags.map(|tag| size_of::<StoredTag>() + tag.text().len()).sum()
    }
}

/// Checks a save and has `database` store it. Returns the positions of its events.
///
/// A save that conflicts with itself, because all of its events are there already under the same IDs, has been stored: the
/// positions are those of the first time. The same holds for one whose own events make its condition fail.
pub(super) async fn submit<D: Database>(database: &Arc<D>, save: Save) -> Result<Vec<u64>, RecorderError> {
    if save.is_empty() {
        return Ok(Vec::new());
    }
    check_events(D::STORE, &save.events)?;
    check_snapshots(D::STORE, &save.snapshots)?;
    save.tracking
        .iter()
        .try_for_each(|tracking| check_tracking(D::STORE, tracking))?;
    let events = Arc::clone(&save.events);
    match database.save(save).await {
        Err(error) if error.conflict().is_some() || *error.kind() == RecorderErrorKind::ConditionFailed => {
            let known = database.find_positions(events).await.ok().flatten();
            known.ok_or(error)
        }
        outcome => outcome,
    }
}
