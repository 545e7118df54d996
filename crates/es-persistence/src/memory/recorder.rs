//! The recorder in memory.

use std::{
    fmt,
    sync::{PoisonError, RwLock, RwLockWriteGuard},
};

use es_domain::OriginatorId;
use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;

use super::{STORE, log::Log, snapshots::Snapshots, tags::Tags, tracking::Positions};
use crate::{
    AggregateRecorder, AppendCondition, Capabilities, DecisionRecorder, EventQuery, FoundEvents, LogPage, Operation,
    ProcessRecorder, ReadableLog, RecorderError, RecorderErrorKind, Selection, SnapshotDeletion, SnapshotRecorder,
    SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection, TaggedRow, Tracking, TrackingKey, TrackingRecorder,
    Waker, Wakeup, check_events, check_snapshots, check_tags, check_tracking,
};

/// Stores events and tracking in memory. Positions have no holes.
///
/// Its futures are ready at once, but for waiting: a call waits for nothing but another call, which is short.
#[derive(Default)]
pub struct MemoryRecorder {
    stored: RwLock<Stored>,
    stored_events: Waker,
    stored_tracking: Waker,
}

#[derive(Default)]
struct Stored {
    log: Log,
    tags: Tags,
    positions: Positions,
    snapshots: Snapshots,
}

impl MemoryRecorder {
    /// An empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn insert(&self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<Vec<u64>, RecorderError> {
        check_events(STORE, &events)?;
        tracking
            .iter()
            .try_for_each(|tracking| check_tracking(STORE, tracking))?;
        let (has_events, has_tracking) = (!events.is_empty(), tracking.is_some());
        let positions = self.write().insert(events, tracking)?;
        if has_events {
            self.stored_events.wake();
        }
        if has_tracking {
            self.stored_tracking.wake();
        }
        Ok(positions)
    }

    fn insert_with_tags(
        &self,
        rows: Vec<TaggedRow>,
        condition: Option<&AppendCondition>,
    ) -> Result<Vec<u64>, RecorderError> {
        check_tags(STORE, &rows)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let positions = self.write().insert_with_tags(rows, condition)?;
        self.stored_events.wake();
        Ok(positions)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Stored> {
        self.stored.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: Send + 'static>(&self, read: impl FnOnce(&Stored) -> T) -> BoxFuture<'_, Result<T, RecorderError>> {
        let read = read(&self.stored.read().unwrap_or_else(PoisonError::into_inner));
        std::future::ready(Ok(read)).boxed()
    }
}

impl Stored {
    fn insert(&mut self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<Vec<u64>, RecorderError> {
        if let Some(tracking) = &tracking {
            let checked = self.positions.check(tracking);
            checked.map_err(|kind| error(Operation::InsertTracking, kind))?;
        }
        let appended = self.log.append(events);
        let positions =
            appended.map_err(|conflict| error(Operation::InsertEvents, RecorderErrorKind::Conflict(conflict)))?;
        if let Some(tracking) = tracking {
            self.positions.insert(tracking);
        }
        Ok(positions)
    }

    fn insert_with_tags(
        &mut self,
        rows: Vec<TaggedRow>,
        condition: Option<&AppendCondition>,
    ) -> Result<Vec<u64>, RecorderError> {
        let (events, tags): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.event, row.tags)).unzip();
        if let Some(positions) = self.log.repeated(&events) {
            return Ok(positions);
        }
        if condition.is_some_and(|condition| !self.tags.fulfil(condition, &self.log)) {
            return Err(error(Operation::InsertEvents, RecorderErrorKind::ConditionFailed));
        }
        let first = self.log.len();
        let positions = self.insert(events, None)?;
        for (index, tags) in (first..).zip(tags) {
            self.tags.insert(index, tags);
        }
        Ok(positions)
    }
}

const fn error(operation: Operation, kind: RecorderErrorKind) -> RecorderError {
    RecorderError::new(STORE, operation, kind)
}

impl fmt::Debug for MemoryRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRecorder").finish_non_exhaustive()
    }
}

impl AggregateRecorder for MemoryRecorder {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        std::future::ready(self.insert(events, None)).boxed()
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        self.read(|stored| stored.log.stream(&selection))
    }
}

impl ReadableLog for MemoryRecorder {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        self.read(|stored| stored.log.page(&selection))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        self.read(|stored| stored.log.max_position())
    }

    fn wakeup(&self) -> Wakeup {
        self.stored_events.listen()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_contiguous_positions()
    }
}

impl SnapshotRecorder for MemoryRecorder {
    fn insert_snapshots(&self, snapshots: Vec<StoredSnapshot>) -> BoxFuture<'_, Result<(), RecorderError>> {
        let checked = check_snapshots(STORE, &snapshots);
        if checked.is_ok() {
            self.write().snapshots.insert(snapshots);
        }
        std::future::ready(checked).boxed()
    }

    fn select_snapshots(
        &self,
        selection: StreamSelection,
    ) -> BoxFuture<'_, Result<Vec<StoredSnapshot>, RecorderError>> {
        self.read(|stored| stored.snapshots.select(&selection))
    }

    fn select_stream(
        &self,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<SnapshotStream, RecorderError>> {
        self.read(|stored| {
            let stream = StreamSelection::of(originator_id).up_to(up_to);
            let snapshot = stored.snapshots.select(&stream.clone().descending().limit(1)).pop();
            let first = snapshot.as_ref().map_or(1, |snapshot| snapshot.originator_version);
            SnapshotStream::new(snapshot, stored.log.stream(&stream.after(first - 1).limit(limit)))
        })
    }

    fn delete_snapshots(&self, doomed: SnapshotDeletion) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.write().snapshots.delete(&doomed);
        std::future::ready(Ok(())).boxed()
    }
}

impl TrackingRecorder for MemoryRecorder {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        std::future::ready(self.insert(Vec::new(), Some(tracking)).map(drop)).boxed()
    }

    fn last_tracking(&self, key: TrackingKey) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        self.read(|stored| stored.positions.last(&key))
    }

    fn wait_for_tracking(&self, key: TrackingKey, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.stored_tracking
            .listen()
            .wait_for_tracking(self, key, position)
            .boxed()
    }
}

impl ProcessRecorder for MemoryRecorder {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        std::future::ready(self.insert(events, Some(tracking))).boxed()
    }
}

impl DecisionRecorder for MemoryRecorder {
    fn select_tagged(&self, query: EventQuery) -> BoxFuture<'_, Result<FoundEvents, RecorderError>> {
        self.read(|stored| stored.tags.find(&query, &stored.log))
    }

    fn insert_tagged(
        &self,
        events: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        std::future::ready(self.insert_with_tags(events, condition.as_ref())).boxed()
    }
}
