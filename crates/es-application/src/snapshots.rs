//! States of aggregates that are kept, so that not all of their events have to be read.

use std::{any::TypeId, borrow::Cow, collections::HashMap, fmt, marker::PhantomData, sync::Arc};

use es_domain::{Aggregate, AggregateId, Snapshot, SnapshotRef, SnapshotVisitor};
use es_persistence::{
    AggregateRecorder, Mapper, MapperError, RecorderError, StoredEvent, StreamSelection, cipher::RecordKind,
};
use serde::{Serialize, de::DeserializeOwned};

/// After how many events an aggregate of each type has its snapshot taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals(HashMap<TypeId, u64>);

impl Intervals {
    pub(crate) fn set<A: Aggregate>(&mut self, events: u64) {
        self.0.insert(TypeId::of::<A>(), events);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the last `events` events of an aggregate that is now at `version` have filled an interval.
    fn is_due<A: Aggregate>(&self, version: u64, events: u64) -> bool {
        let before = version.saturating_sub(events);
        let count = |version: u64, interval: u64| version.checked_div(interval).unwrap_or(0);
        self.0
            .get(&TypeId::of::<A>())
            .is_some_and(|interval| count(version, *interval) > count(before, *interval))
    }
}

/// The snapshots of one application.
#[derive(Clone)]
pub(crate) struct Snapshots {
    recorder: Arc<dyn AggregateRecorder>,
    mapper: Mapper,
    intervals: Arc<Intervals>,
}

impl Snapshots {
    pub(crate) fn new(recorder: Arc<dyn AggregateRecorder>, mapper: Mapper, intervals: Intervals) -> Self {
        Self {
            recorder,
            mapper,
            intervals: Arc::new(intervals),
        }
    }

    /// The aggregate as its last snapshot at or before `version` has it.
    ///
    /// One that cannot be read is left out: the events tell the same, and need only more time.
    pub(crate) async fn read<A: Aggregate>(&self, id: &A::Id, version: u64) -> Result<Option<A>, RecorderError> {
        if A::with_snapshots(Nothing).is_none() {
            return Ok(None);
        }
        let last = StreamSelection::of(id.to_originator_id())
            .lte(version)
            .descending()
            .limit(1);
        let Some(stored) = self.recorder.select_events(last).await?.pop() else {
            return Ok(None);
        };
        match self.decode(id, &stored) {
            Ok(aggregate) => Ok(Some(aggregate)),
            Err(error) => {
                let (aggregate, version) = (A::TOPIC, stored.originator_version);
                let error: &dyn std::error::Error = &error;
                tracing::warn!(aggregate, id = %stored.originator_id, version, error, "a snapshot is left out");
                Ok(None)
            }
        }
    }

    fn decode<A: Aggregate>(&self, id: &A::Id, stored: &StoredEvent) -> Result<A, Unreadable> {
        let read = A::with_snapshots(Read {
            mapper: &self.mapper,
            stored,
        });
        let aggregate = read.ok_or(Unreadable::Other)?.map_err(Unreadable::State)?;
        let is_right =
            stored.topic == A::TOPIC && aggregate.id() == *id && aggregate.version() == stored.originator_version;
        is_right.then_some(aggregate).ok_or(Unreadable::Other)
    }

    /// Writes the aggregate as it is, or nothing when its type or its state cannot be kept.
    pub(crate) fn encode<A: Aggregate>(&self, aggregate: &A) -> Result<Option<StoredEvent>, MapperError> {
        let written = A::with_snapshots(Write {
            mapper: &self.mapper,
            aggregate,
        });
        written.unwrap_or(Ok(None))
    }

    /// As [`encode`](Self::encode), when the last `events` of the aggregate's events have filled an interval.
    pub(crate) fn encode_due<A: Aggregate>(&self, aggregate: &A, events: u64) -> Option<StoredEvent> {
        if !self.intervals.is_due::<A>(aggregate.version(), events) {
            return None;
        }
        self.encode(aggregate).unwrap_or_else(|error| {
            not_taken(A::TOPIC, &error);
            None
        })
    }

    /// Stores a snapshot, unless there is one of the same version.
    pub(crate) async fn keep(&self, snapshot: StoredEvent) -> Result<(), RecorderError> {
        match self.recorder.insert_events(vec![snapshot]).await {
            Err(error) if error.conflict().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// Stores what was [due](Self::encode_due). The events are stored, so that the save has succeeded whatever happens
    /// here.
    pub(crate) async fn keep_due(&self, due: Vec<StoredEvent>) {
        for snapshot in due {
            let topic = snapshot.topic.clone();
            if let Err(error) = self.keep(snapshot).await {
                not_taken(&topic, &error);
            }
        }
    }
}

fn not_taken(aggregate: &str, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(aggregate, error, "a snapshot could not be taken");
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

/// Why a snapshot is left out.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    State(MapperError),
    #[error("it is that of another aggregate")]
    Other,
}

/// Asks only whether the type has snapshots.
struct Nothing;

impl<A: Aggregate> SnapshotVisitor<A> for Nothing {
    type Output = ();

    fn visit(self) {}
}

struct Write<'a, A> {
    mapper: &'a Mapper,
    aggregate: &'a A,
}

impl<A: Aggregate> SnapshotVisitor<A> for Write<'_, A> {
    type Output = Result<Option<StoredEvent>, MapperError>;

    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned,
    {
        let Some(snapshot) = SnapshotRef::take(self.aggregate) else {
            return Ok(None);
        };
        let id = self.aggregate.id().to_originator_id();
        let version = self.aggregate.version();
        let context = self.mapper.context(RecordKind::Snapshot, &id, version, A::TOPIC);
        let state = self.mapper.write_state(&context, &snapshot)?;
        Ok(Some(StoredEvent {
            originator_id: id,
            originator_version: version,
            topic: Cow::Borrowed(A::TOPIC),
            state,
        }))
    }
}

struct Read<'a> {
    mapper: &'a Mapper,
    stored: &'a StoredEvent,
}

impl<A: Aggregate> SnapshotVisitor<A> for Read<'_> {
    type Output = Result<A, MapperError>;

    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned,
    {
        let StoredEvent {
            originator_id,
            originator_version,
            topic,
            state,
        } = self.stored;
        let context = self
            .mapper
            .context(RecordKind::Snapshot, originator_id, *originator_version, topic);
        let snapshot = self.mapper.read_state(&context, state, PhantomData::<Snapshot<A>>)?;
        Ok(snapshot.into_aggregate())
    }
}
