//! The store in memory, with one fault.

mod datastore;
mod log;
mod recorder;
mod snapshots;
mod tracking;
mod unsorted;

use std::{error::Error, sync::Arc, time::Duration};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};

use self::datastore::FlawedPersistence;

/// A fault that a recorder can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// No fault: the wrapping alone changes nothing.
    None,
    /// Positions have holes. This is no fault in a store that does not promise positions without holes.
    Holes,
    /// Every third save becomes readable after a later one.
    LatePositions,
    /// The events of a call are stored one by one.
    PartialBatches,
    /// A dropped future leaves the first event or snapshot of a call.
    HalfWhenDropped,
    /// A save that has begun, or a read that waits for it, keeps others out until it is polled.
    KeepsOthersOut,
    /// The last position is told before the event at it can be read.
    MaxPositionAhead,
    /// Nobody is told of new events.
    NoWakeup,
    /// The first event after a subscription began is not told.
    LateListener,
    /// Any version is stored that is not there yet.
    LenientVersions,
    /// Conflicts are reported as failures of another kind.
    ConflictsUnnamed,
    /// A repeated save is a conflict.
    RepeatsConflict,
    /// A save of versions that are there is taken for a repetition, whatever its event IDs are.
    RepeatsByVersion,
    /// Of a save that is partly stored, the rest is stored.
    PartialRepeats,
    /// A nil event ID is replaced.
    AcceptsNilIds,
    /// A schema version out of range becomes the nearest that is in range.
    AcceptsAnySchemaVersion,
    /// Metadata without bytes becomes no metadata.
    EmptyIsNone,
    /// The hash of an event is not stored.
    HashIsLost,
    /// All events of a call get the metadata of the first.
    MetadataOfFirst,
    /// Timestamps lose their microseconds.
    WholeSeconds,
    /// Timestamps before 1970 become 1970.
    NothingBefore1970,
    /// Schema versions are stored in one byte.
    OneByteSchemaVersion,
    /// Events that come with tracking are stored without it.
    ForgetsTracking,
    /// Tracking is stored before the events, and stays when these are refused.
    TrackingFirst,
    /// A position that was tracked is accepted again.
    TracksAgain,
    /// The ID of the tracked event is not stored.
    NoEventId,
    /// Consumers share one position.
    OneConsumer,
    /// The names of consumer and upstream are put together without a separator.
    JoinedNames,
    /// The fence is not stored.
    NoFence,
    /// A lower fence is accepted.
    LenientFence,
    /// Tracking that no store can keep is accepted.
    UncheckedTracking,
    /// A limit of 0 means no limit.
    ZeroIsUnlimited,
    /// The limit counts before topics choose.
    LimitBeforeTopics,
    /// The start of a selection is inclusive.
    InclusiveStart,
    /// An empty set of topics selects everything.
    EmptySetIsAll,
    /// Only the last of many topics and families are compared.
    FewTopics,
    /// Families are compared without regard to case.
    FamiliesIgnoreCase,
    /// A family has every topic that begins with its name.
    FamiliesWithoutStop,
    /// A read by topics looks at the whole log.
    UnboundedReads,
    /// A page reaches the last notification that it has found.
    ReachesLastFound,
    /// A page reaches the last position, also beyond the upper bound of the selection.
    ReachesBeyondUpper,
    /// A page reaches the upper bound of the selection, also beyond the last position.
    ReachesBeyondLast,
    /// A full page reaches the end.
    FullPageReachesEnd,
    /// A page that may have no notification reaches the end.
    ZeroReachesEnd,
    /// The text of a UUID is taken for the UUID.
    TextIsUuid,
    /// A state ends at its first NUL.
    StateEndsAtNul,
    /// Snapshots come in the order of insertion, and none is replaced.
    SnapshotsAreAppended,
    /// A snapshot of a version that is there is a conflict.
    ConflictingSnapshots,
    /// A snapshot of a version that is there is ignored.
    FirstSnapshotStays,
    /// Of snapshots of the same version in one call, the first is stored last.
    FirstOfCallStays,
    /// The hash of a snapshot is not stored.
    SnapshotWithoutHash,
    /// Snapshots that no store can keep are left out.
    UncheckedSnapshots,
    /// The snapshots of an aggregate are not deleted.
    KeepsDoomedSnapshots,
    /// Snapshots of the lower-case topic are deleted, too.
    DeletesOtherCase,
    /// The events of a stream are read before its snapshot.
    StreamOfTwoMoments,
    /// A stream begins with the event after its snapshot.
    StreamAfterSnapshot,
    /// A stream without a snapshot has no events.
    StreamNeedsSnapshot,
    /// A stream without events has no snapshot.
    StreamForgetsSnapshot,
    /// A stream goes on to the last event.
    StreamIgnoresBound,
    /// A stream has any number of events.
    StreamIgnoresLimit,
}

impl Backend for Flaw {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn supports(&self, part: Part) -> bool {
        match part {
            Part::Durability | Part::Sharing | Part::Decisions => false,
            Part::ContiguousPositions => *self != Self::Holes,
            _ => true,
        }
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        let persistence = Arc::new(FlawedPersistence(*self));
        Box::pin(async { Ok(FreshStore::new(persistence, Environment::new("Conformance"))) })
    }

    /// A case that fails because something does not come waits for all of this time.
    fn patience(&self) -> Duration {
        match self {
            Self::None | Self::Holes => Duration::from_secs(20),
            _ => Duration::from_secs(2),
        }
    }
}
