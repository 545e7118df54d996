//! Snapshots by aggregate.

use std::fmt;

use es_domain::OriginatorId;
use futures_core::future::BoxFuture;

use super::RecorderError;
use crate::{StoredEvent, StoredSnapshot, StreamSelection};

/// Stores snapshots of aggregates, and reads them with the events that follow.
///
/// # Contract
///
/// - What is read is what was written, to the byte. (`snapshot::keeps_every_byte`)
/// - Versions may be skipped. (`snapshot::versions_may_be_skipped`)
/// - A snapshot replaces one of the same aggregate and version. (`snapshot::one_replaces_another_of_the_same_version`)
/// - Snapshots can be deleted; deleting none is no error. (`snapshot::can_be_deleted`)
/// - A stream with its snapshot is read as of one moment. (`snapshot::a_stream_has_its_snapshot_and_the_events_from_it_on`)
pub trait SnapshotRecorder: fmt::Debug + Send + Sync + 'static {
    /// Stores `snapshots` in one transaction.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be written. It does not say [`Conflict`](super::RecorderErrorKind::Conflict).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of the snapshots stored or none.
    fn insert_snapshots(&self, snapshots: Vec<StoredSnapshot>) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Reads the snapshots that `selection` names, in the order of their versions.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_snapshots(&self, selection: StreamSelection)
    -> BoxFuture<'_, Result<Vec<StoredSnapshot>, RecorderError>>;

    /// Reads the last snapshot up to version `up_to`, and the events from its version on up to `up_to`, at most `limit` of
    /// them. The event that the snapshot ends at comes first, so that the two can be compared. Without a snapshot the events
    /// are read from the first one on.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn select_stream(
        &self,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<SnapshotStream, RecorderError>>;

    /// Deletes snapshots.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of them deleted or none.
    fn delete_snapshots(&self, doomed: SnapshotDeletion) -> BoxFuture<'_, Result<(), RecorderError>>;
}

/// The last snapshot of an aggregate, and the events from its version on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotStream {
    /// The snapshot, if there is one.
    pub snapshot: Option<StoredSnapshot>,
    /// The events, in the order of their versions. The first has the version of the snapshot.
    pub events: Vec<StoredEvent>,
}

impl SnapshotStream {
    /// Puts the two together.
    pub const fn new(snapshot: Option<StoredSnapshot>, events: Vec<StoredEvent>) -> Self {
        Self { snapshot, events }
    }
}

/// Which snapshots to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotDeletion {
    /// All of one aggregate.
    OfAggregate(OriginatorId),
    /// All whose topic is this one: those of a type of aggregates.
    OfTopic(String),
}
