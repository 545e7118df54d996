//! Snapshots: states of aggregates that are kept, so that not all of their events have to be read.

mod rules;
mod tasks;

use std::{fmt, sync::Arc, time::Duration};

use es_domain::{Aggregate, AggregateId as _, Snapshot, SnapshotRef, SnapshotVisitor};
use es_persistence::{
    Mapper, MapperError, RecorderError, SnapshotDeletion, SnapshotRecorder, StoredEvent, StoredSnapshot,
};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::rules::Rules;
use self::tasks::Tasks;

/// The snapshots of one application.
#[derive(Clone)]
pub(crate) struct Snapshots {
    recorder: Arc<dyn SnapshotRecorder>,
    mapper: Mapper,
    rules: Arc<Rules>,
    tasks: Tasks,
    wait: Duration,
}

impl Snapshots {
    pub(crate) fn new(recorder: Arc<dyn SnapshotRecorder>, mapper: Mapper, rules: Rules, wait: Duration) -> Self {
        Self {
            recorder,
            mapper,
            rules: Arc::new(rules),
            tasks: Tasks::default(),
            wait,
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
        if !self.rules.is_due(aggregate, events) {
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

    /// Stores snapshots after a save, and waits for it no longer than the application wants. That they cannot be stored is no
    /// fault of the save.
    pub(crate) async fn keep_due(&self, due: Vec<StoredSnapshot>) {
        let Some(topic) = due.first().map(|snapshot| snapshot.topic.clone()) else {
            return;
        };
        let (recorder, name) = (Arc::clone(&self.recorder), topic.clone());
        let work = async move {
            if let Err(error) = recorder.insert_snapshots(due).await {
                not_taken(&name, &error);
            }
        };
        if !self.tasks.run(work, self.wait).await {
            tracing::warn!(
                aggregate = &*topic,
                "no snapshot is taken: the store is not done with those before it"
            );
        }
    }

    pub(crate) async fn discard(&self, doomed: SnapshotDeletion) -> Result<(), RecorderError> {
        self.recorder.delete_snapshots(doomed).await
    }

    /// Waits for the snapshots that are being stored.
    pub(crate) async fn join(&self) {
        self.tasks.join().await;
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
