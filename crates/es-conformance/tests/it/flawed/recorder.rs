//! The recorder in memory, wrapped.

use std::sync::{Arc, Mutex};

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, BoxFuture, Capabilities, MemoryRecorder, Notification, Operation,
    OriginatorId, ProcessRecorder, RecorderError, RecorderErrorKind, Selection, StoredEvent, StreamSelection, Tracking,
    TrackingRecorder, Waker, Wakeup,
};
use tokio::{sync::RwLock, task};

use super::Flaw;

#[derive(Debug)]
pub(super) struct Flawed {
    flaw: Flaw,
    memory: MemoryRecorder,
    hidden: Mutex<Hidden>,
    lock: RwLock<()>,
    listeners: Mutex<Listeners>,
}

/// A save that was stored and cannot be read yet.
#[derive(Debug, Default)]
struct Hidden {
    saves: u64,
    positions: Vec<u64>,
}

#[derive(Debug, Default)]
struct Listeners {
    late: Vec<Waker>,
    in_time: Vec<Waker>,
}

impl Flawed {
    pub(super) fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            memory: MemoryRecorder::new(),
            hidden: Mutex::default(),
            lock: RwLock::default(),
            listeners: Mutex::default(),
        }
    }

    async fn insert(&self, mut events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        for event in &mut events {
            self.alter(event);
        }
        let stored = match self.flaw {
            Flaw::PartialBatches => self.insert_one_by_one(events).await,
            Flaw::HalfWhenDropped if events.len() > 1 => self.insert_in_halves(events).await,
            Flaw::LatePositions => self.insert_late(events).await,
            Flaw::KeepsOthersOut => {
                let _alone = self.lock.write().await;
                self.insert_one_by_one(events).await
            }
            Flaw::ConflictsUnnamed => self.memory.insert_events(events).await.map_err(without_name),
            _ => self.memory.insert_events(events).await,
        };
        self.tell();
        Ok(stored?.into_iter().map(|position| self.spread(position)).collect())
    }

    /// The position as it is told.
    fn spread(&self, position: u64) -> u64 {
        if self.flaw == Flaw::Holes {
            position * 3
        } else {
            position
        }
    }

    /// The last of the positions up to the told one.
    fn gather(&self, position: u64) -> u64 {
        if self.flaw == Flaw::Holes {
            position / 3
        } else {
            position
        }
    }

    fn alter(&self, event: &mut StoredEvent) {
        if self.flaw == Flaw::TextIsUuid {
            event.originator_id = self.id(&event.originator_id);
        }
        if self.flaw == Flaw::StateEndsAtNul {
            let end = event.state.iter().position(|byte| *byte == 0);
            event.state.truncate(end.unwrap_or(usize::MAX));
        }
    }

    fn id(&self, id: &OriginatorId) -> OriginatorId {
        let uuid = id
            .as_text()
            .filter(|_| self.flaw == Flaw::TextIsUuid)
            .and_then(|text| text.parse().ok());
        uuid.map_or_else(|| id.clone(), OriginatorId::Uuid)
    }

    async fn insert_one_by_one(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let mut positions = Vec::new();
        for event in events {
            positions.extend(self.memory.insert_events(vec![event]).await?);
            // A database would be asked again here, and others have their turn.
            task::yield_now().await;
        }
        Ok(positions)
    }

    async fn insert_in_halves(&self, mut events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let rest = events.split_off(1);
        let mut positions = self.memory.insert_events(events).await?;
        for _ in 0..100 {
            task::yield_now().await;
        }
        positions.extend(self.memory.insert_events(rest).await?);
        Ok(positions)
    }

    async fn insert_late(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let positions = self.memory.insert_events(events).await?;
        let mut hidden = self.hidden.lock().expect("nothing panics while it holds the lock");
        hidden.saves += 1;
        if hidden.saves.is_multiple_of(3) {
            hidden.positions.clone_from(&positions);
        }
        Ok(positions)
    }

    /// Leaves out what is hidden, until something above it was read.
    fn hide(&self, mut read: Vec<Notification>) -> Vec<Notification> {
        let mut hidden = self.hidden.lock().expect("nothing panics while it holds the lock");
        read.retain(|notification| !hidden.positions.contains(&notification.position));
        if read.last().map(|last| last.position) > hidden.positions.last().copied() {
            hidden.positions.clear();
        }
        read
    }

    fn tell(&self) {
        let mut listeners = self.listeners.lock().expect("nothing panics while it holds the lock");
        for waker in &listeners.in_time {
            waker.wake();
        }
        let late = std::mem::take(&mut listeners.late);
        listeners.in_time.extend(late);
    }

    fn alter_tracking(&self, tracking: Tracking) -> Tracking {
        match self.flaw {
            Flaw::NoEventId => Tracking {
                event_id: None,
                ..tracking
            },
            _ => tracking,
        }
    }
}

fn without_name(error: RecorderError) -> RecorderError {
    match error.kind() {
        RecorderErrorKind::Conflict(_) => {
            RecorderError::new("flawed", Operation::InsertEvents, RecorderErrorKind::NotStored)
        }
        _ => error,
    }
}

impl AggregateRecorder for Flawed {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.insert(events))
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let id = self.id(selection.originator_id());
        let gt = selection
            .lower()
            .saturating_sub((self.flaw == Flaw::InclusiveStart).into());
        let altered = StreamSelection::of(id).gt(gt);
        let altered = selection.upper().into_iter().fold(altered, StreamSelection::lte);
        let altered = if selection.is_descending() {
            altered.descending()
        } else {
            altered
        };
        let limit = selection
            .max_len()
            .filter(|limit| *limit > 0 || self.flaw != Flaw::ZeroIsUnlimited);
        self.memory
            .select_events(limit.into_iter().fold(altered, StreamSelection::limit))
    }
}

impl ApplicationRecorder for Flawed {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<Vec<Notification>, RecorderError>> {
        let start = self.gather(selection.lower());
        let altered = Selection::after(start.saturating_sub((self.flaw == Flaw::InclusiveStart).into()));
        let upper = selection.upper().map(|position| self.gather(position));
        let altered = upper.into_iter().fold(altered, Selection::up_to);
        let limit = selection
            .max_len()
            .filter(|limit| *limit > 0 || self.flaw != Flaw::ZeroIsUnlimited);
        let altered = limit.into_iter().fold(altered, Selection::limit);
        Box::pin(async move {
            let _waiting = match self.flaw {
                Flaw::KeepsOthersOut => Some(self.lock.read().await),
                _ => None,
            };
            if self.flaw == Flaw::LimitBeforeTopics {
                let mut read = self.memory.select_notifications(altered).await?;
                read.retain(|notification| selection.has_topic(&notification.event.topic));
                return Ok(read);
            }
            let altered = altered.topics(selection.selected_topics().iter().cloned());
            let mut read = self.hide(self.memory.select_notifications(altered).await?);
            for notification in &mut read {
                notification.position = self.spread(notification.position);
            }
            Ok(read)
        })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async {
            let last = self.memory.max_position().await?;
            Ok(match self.flaw {
                Flaw::MaxPositionAhead => last.map(|last| last + 1),
                _ => last.map(|last| self.spread(last)),
            })
        })
    }

    fn wakeup(&self) -> Wakeup {
        let waker = Waker::new();
        let wakeup = waker.listen();
        let mut listeners = self.listeners.lock().expect("nothing panics while it holds the lock");
        match self.flaw {
            Flaw::LateListener => listeners.late.push(waker),
            Flaw::NoWakeup => {}
            _ => listeners.in_time.push(waker),
        }
        wakeup
    }

    fn capabilities(&self) -> Capabilities {
        match self.flaw {
            Flaw::Holes => Capabilities::default(),
            _ => self.memory.capabilities(),
        }
    }
}

impl TrackingRecorder for Flawed {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async {
            match self.memory.insert_tracking(self.alter_tracking(tracking)).await {
                Err(_) if self.flaw == Flaw::TracksAgain => Ok(()),
                tracked => tracked,
            }
        })
    }

    fn last_tracking(&self, upstream: Arc<str>) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        self.memory.last_tracking(upstream)
    }

    fn wait_for_tracking(&self, upstream: Arc<str>, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.memory.wait_for_tracking(upstream, position)
    }
}

impl ProcessRecorder for Flawed {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        let tracking = self.alter_tracking(tracking);
        Box::pin(async {
            match self.flaw {
                Flaw::ForgetsTracking => self.insert(events).await,
                Flaw::TrackingFirst => {
                    self.memory.insert_tracking(tracking).await?;
                    self.insert(events).await
                }
                Flaw::HalfWhenDropped => {
                    let stored = self.insert(events).await?;
                    self.memory.insert_tracking(tracking).await?;
                    Ok(stored)
                }
                _ => {
                    let stored = self.memory.insert_events_with_tracking(events, tracking).await;
                    self.tell();
                    Ok(stored?.into_iter().map(|position| self.spread(position)).collect())
                }
            }
        })
    }
}
