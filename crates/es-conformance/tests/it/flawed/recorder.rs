//! The recorder in memory, with a fault in storing or reading events.

use std::sync::Mutex;

use es_persistence::{
    AggregateRecorder, BoxFuture, Conflict, MemoryRecorder, Notification, Operation, OriginatorId, ReadableLog as _,
    RecorderError, RecorderErrorKind, Selection, StoredEvent, StoredSnapshot, StreamSelection, Timestamp, Waker,
};
use tokio::{sync::RwLock, task};
use uuid::Uuid;

use super::Flaw;

#[derive(Debug)]
pub(super) struct Flawed {
    pub(super) flaw: Flaw,
    pub(super) memory: MemoryRecorder,
    pub(super) hidden: Mutex<Hidden>,
    pub(super) lock: RwLock<()>,
    pub(super) listeners: Mutex<Listeners>,
    pub(super) snapshots: Mutex<Vec<StoredSnapshot>>,
}

/// A save that was stored and cannot be read yet.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    saves: u64,
    pub(super) positions: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Listeners {
    pub(super) late: Vec<Waker>,
    pub(super) in_time: Vec<Waker>,
}

impl Flawed {
    pub(super) fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            memory: MemoryRecorder::new(),
            hidden: Mutex::default(),
            lock: RwLock::default(),
            listeners: Mutex::default(),
            snapshots: Mutex::default(),
        }
    }

    async fn insert(&self, mut events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        self.alter(&mut events);
        let stored = match self.flaw {
            Flaw::PartialBatches => self.insert_one_by_one(events).await,
            Flaw::HalfWhenDropped if events.len() > 1 => self.insert_in_halves(events).await,
            Flaw::LatePositions => self.insert_late(events).await,
            Flaw::KeepsOthersOut => {
                let _alone = self.lock.write().await;
                self.insert_one_by_one(events).await
            }
            Flaw::ConflictsUnnamed => self.memory.insert_events(events).await.map_err(without_name),
            Flaw::RepeatsConflict => self.insert_new(events).await,
            Flaw::RepeatsByVersion => self.insert_or_find(events).await,
            Flaw::PartialRepeats => self.insert_rest(events).await,
            _ => self.memory.insert_events(events).await,
        };
        self.tell();
        Ok(stored?.into_iter().map(|position| self.spread(position)).collect())
    }

    /// Returns the position as it is told.
    pub(super) fn spread(&self, position: u64) -> u64 {
        if self.flaw == Flaw::Holes {
            position * 3
        } else {
            position
        }
    }

    fn alter(&self, events: &mut [StoredEvent]) {
        if self.flaw == Flaw::MetadataOfFirst {
            let first = events.first().and_then(|event| event.metadata.clone());
            for event in &mut *events {
                event.metadata.clone_from(&first);
            }
        }
        for event in events {
            self.alter_one(event);
        }
    }

    fn alter_one(&self, event: &mut StoredEvent) {
        match self.flaw {
            Flaw::TextIsUuid => event.originator_id = self.id(&event.originator_id),
            Flaw::StateEndsAtNul => {
                let end = event.state.iter().position(|byte| *byte == 0);
                event.state.truncate(end.unwrap_or(usize::MAX));
            }
            Flaw::EmptyIsNone => event.metadata = event.metadata.take().filter(|bytes| !bytes.is_empty()),
            Flaw::HashIsLost => event.hash = None,
            Flaw::WholeSeconds => event.timestamp = whole_seconds(event.timestamp),
            Flaw::NothingBefore1970 => event.timestamp = event.timestamp.max(Timestamp::UNIX_EPOCH),
            Flaw::OneByteSchemaVersion => event.schema_version = event.schema_version.min(255),
            Flaw::AcceptsNilIds if event.event_id.is_nil() => event.event_id = Uuid::from_u128(1),
            Flaw::AcceptsAnySchemaVersion => event.schema_version = event.schema_version.clamp(1, 32_767),
            _ => {}
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
            // A database would be asked again here, and other tasks would run.
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

    /// Refuses a save that is there already.
    async fn insert_new(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let log = self.all().await?;
        if let Some(event) = events.iter().find(|event| find(&log, event).is_some()) {
            let of_aggregate = log
                .iter()
                .filter(|there| there.event.originator_id == event.originator_id);
            let kind = RecorderErrorKind::Conflict(Conflict {
                originator_id: event.originator_id.clone(),
                version: event.originator_version,
                last_version: of_aggregate.count() as u64,
            });
            return Err(RecorderError::new("flawed", Operation::InsertEvents, kind));
        }
        self.memory.insert_events(events).await
    }

    /// Takes a save of versions that are there for a repetition, whatever its event IDs are.
    async fn insert_or_find(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let log = self.all().await?;
        let there: Option<Vec<_>> = events.iter().map(|event| find(&log, event)).collect();
        match there {
            Some(there) => Ok(there.iter().map(|notification| notification.position).collect()),
            None => self.memory.insert_events(events).await,
        }
    }

    /// Stores the events that are not there yet, and leaves out the others.
    async fn insert_rest(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        let log = self.all().await?;
        let is_there = |event: &StoredEvent| find(&log, event).is_some_and(|there| there.event == *event);
        let rest = events.iter().filter(|event| !is_there(event)).cloned().collect();
        self.memory.insert_events(rest).await?;
        let log = self.all().await?;
        Ok(events
            .iter()
            .filter_map(|event| Some(find(&log, event)?.position))
            .collect())
    }

    async fn all(&self) -> Result<Vec<Notification>, RecorderError> {
        Ok(self.memory.select_notifications(Selection::all()).await?.notifications)
    }

    pub(super) fn tell(&self) {
        let mut listeners = self.listeners.lock().expect("nothing panics while it holds the lock");
        for waker in &listeners.in_time {
            waker.wake();
        }
        let late = std::mem::take(&mut listeners.late);
        listeners.in_time.extend(late);
    }
}

/// Returns the stored event of the same aggregate and version as `event`.
fn find<'a>(log: &'a [Notification], event: &StoredEvent) -> Option<&'a Notification> {
    let key = (&event.originator_id, event.originator_version);
    log.iter()
        .find(|there| (&there.event.originator_id, there.event.originator_version) == key)
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    let text = time.to_string();
    let (seconds, _micros) = text.split_once('.').expect("the text has six decimals");
    format!("{seconds}Z")
        .parse()
        .expect("it is a timestamp without decimals")
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
        let after = selection
            .lower()
            .saturating_sub((self.flaw == Flaw::InclusiveStart).into());
        let altered = StreamSelection::of(id).after(after);
        let altered = selection.upper().into_iter().fold(altered, StreamSelection::up_to);
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
