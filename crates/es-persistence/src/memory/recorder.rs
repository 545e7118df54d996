//! The recorder in memory.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;

use super::{STORE, log::Log, tracking::Positions};
use crate::{
    AggregateRecorder, ApplicationRecorder, Capabilities, Notification, Operation, ProcessRecorder, RecorderError,
    RecorderErrorKind, Selection, StoredEvent, StreamSelection, Tracking, TrackingRecorder, Waker, Wakeup,
    check_events, check_tracking,
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
    positions: Positions,
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
        let positions = self
            .stored
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(events, tracking)?;
        if has_events {
            self.stored_events.wake();
        }
        if has_tracking {
            self.stored_tracking.wake();
        }
        Ok(positions)
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
            checked.map_err(|tracked| error(Operation::InsertTracking, RecorderErrorKind::AlreadyTracked(tracked)))?;
        }
        let len = events.len() as u64;
        let appended = self.log.append(events);
        let first =
            appended.map_err(|conflict| error(Operation::InsertEvents, RecorderErrorKind::Conflict(conflict)))?;
        if let Some(tracking) = tracking {
            self.positions.insert(tracking);
        }
        Ok((first..first + len).collect())
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

impl ApplicationRecorder for MemoryRecorder {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        self.read(|stored| stored.log.notifications(&selection))
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

impl TrackingRecorder for MemoryRecorder {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        std::future::ready(self.insert(Vec::new(), Some(tracking)).map(drop)).boxed()
    }

    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        self.read(|stored| stored.positions.last(&upstream))
    }

    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.stored_tracking
            .listen()
            .wait_for_tracking(self, upstream, position)
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
