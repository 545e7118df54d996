//! Snapshots: states of aggregates that are kept, so that not all of their events have to be read.

use std::{any::TypeId, collections::HashMap, fmt, sync::Arc};

use es_domain::{Aggregate, AggregateId as _, Snapshot, SnapshotRef, SnapshotVisitor};
use es_persistence::{Mapper, MapperError, RecorderError, SnapshotRecorder, StoredEvent, StoredSnapshot};
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
    recorder: Arc<dyn SnapshotRecorder>,
    mapper: Mapper,
    intervals: Arc<Intervals>,
}

impl Snapshots {
    pub(crate) fn new(recorder: Arc<dyn SnapshotRecorder>, mapper: Mapper, intervals: Intervals) -> Self {
        Self {
            recorder,
            mapper,
            intervals: Arc::new(intervals),
        }
    }

    /// Reads the last snapshot up to `version` and at most `limit` events from its version on, or `None` if the type has no
    /// snapshots.
    ///
    /// A snapshot that cannot be read, or does not end at the event that it should end at, is left out: the events say the
    /// same, and need only more time.
    pub(crate) async fn read<A: Aggregate>(
        &self,
        id: &A::Id,
        version: u64,
        limit: usize,
    ) -> Result<Option<Begun<A>>, RecorderError> {
        if A::with_snapshots(Nothing).is_none() {
            return Ok(None);
        }
        let stream = self
            .recorder
            .select_stream(id.to_originator_id(), version, limit)
            .await?;
        let Some(row) = stream.snapshot else {
            let (aggregate, events) = (None, stream.events);
            return Ok(Some(Begun { aggregate, events }));
        };
        match self.decode::<A>(&row, stream.events.first()) {
            Ok(aggregate) => Ok(Some(Begun {
                aggregate: Some(aggregate),
                events: stream.events.into_iter().skip(1).collect(),
            })),
            Err(error) => {
                let (aggregate, version) = (A::TOPIC, row.originator_version);
                let error: &dyn std::error::Error = &error;
                tracing::warn!(aggregate, id = %row.originator_id, version, error, "a snapshot is left out");
                Ok(None)
            }
        }
    }

    fn decode<A: Aggregate>(&self, row: &StoredSnapshot, last: Option<&StoredEvent>) -> Result<A, Unreadable> {
        let read = A::with_snapshots(Read {
            mapper: &self.mapper,
            row,
        });
        let aggregate = read.ok_or(Unreadable::NoEvent)?.map_err(Unreadable::State)?;
        let last = last
            .filter(|event| event.originator_version == row.originator_version && event.timestamp == row.timestamp)
            .ok_or(Unreadable::NoEvent)?;
        if A::HASH_CHAIN && aggregate.head() != self.mapper.claimed_head(last) {
            return Err(Unreadable::NoEvent);
        }
        Ok(aggregate)
    }

    pub(crate) fn encode<A: Aggregate>(&self, aggregate: &A) -> Result<Option<StoredSnapshot>, MapperError> {
        let written = A::with_snapshots(Write {
            mapper: &self.mapper,
            aggregate,
        });
        written.unwrap_or(Ok(None))
    }

    /// The snapshot that is due after a save of `events` events, if one is. That it cannot be written is no fault of the save.
    pub(crate) fn encode_due<A: Aggregate>(&self, aggregate: &A, events: u64) -> Option<StoredSnapshot> {
        if !self.intervals.is_due::<A>(aggregate.version(), events) {
            return None;
        }
        self.encode(aggregate).unwrap_or_else(|error| {
            not_taken(A::TOPIC, &error);
            None
        })
    }

    pub(crate) async fn keep(&self, snapshots: Vec<StoredSnapshot>) -> Result<(), RecorderError> {
        self.recorder.insert_snapshots(snapshots).await
    }

    /// Stores snapshots after a save. That they cannot be stored is no fault of the save.
    pub(crate) async fn keep_due(&self, due: Vec<StoredSnapshot>) {
        let Some(topic) = due.first().map(|snapshot| snapshot.topic.clone()) else {
            return;
        };
        if let Err(error) = self.keep(due).await {
            not_taken(&topic, &error);
        }
    }
}

/// An aggregate as its snapshot has it, and events that follow.
pub(crate) struct Begun<A> {
    pub(crate) aggregate: Option<A>,
    pub(crate) events: Vec<StoredEvent>,
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
    #[error("the snapshot does not end at a stored event")]
    NoEvent,
}

/// Finds out whether aggregates of a type have snapshots.
struct Nothing;

impl<A: Aggregate> SnapshotVisitor<A> for Nothing {
    type Output = ();

    fn visit(self) {}
}

/// Writes a snapshot.
struct Write<'a, A> {
    mapper: &'a Mapper,
    aggregate: &'a A,
}

impl<A: Aggregate> SnapshotVisitor<A> for Write<'_, A> {
    type Output = Result<Option<StoredSnapshot>, MapperError>;

    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned,
    {
        let snapshot = SnapshotRef::take(self.aggregate);
        snapshot
            .map(|snapshot| self.mapper.to_stored_snapshot(&snapshot))
            .transpose()
    }
}

/// Reads a snapshot.
struct Read<'a> {
    mapper: &'a Mapper,
    row: &'a StoredSnapshot,
}

impl<A: Aggregate> SnapshotVisitor<A> for Read<'_> {
    type Output = Result<A, MapperError>;

    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned,
    {
        self.mapper.to_snapshot(self.row).map(Snapshot::into_aggregate)
    }
}
