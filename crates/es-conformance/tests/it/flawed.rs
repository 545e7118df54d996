//! The store in memory, with one fault.

mod datastore;
mod recorder;
mod unsorted;

use std::{error::Error, sync::Arc, time::Duration};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};

use self::datastore::FlawedPersistence;

/// A fault that a recorder can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// None: the wrapping alone changes nothing.
    None,
    /// Positions have holes, which is no fault where none are promised to be without.
    Holes,
    /// Every third save becomes readable after a later one.
    LatePositions,
    /// The events of a call are stored one by one.
    PartialBatches,
    /// A dropped future leaves the first event of a call.
    HalfWhenDropped,
    /// What has begun, or waits for that, keeps others out until somebody polls it.
    KeepsOthersOut,
    /// The last position is told before the event at it can be read.
    MaxPositionAhead,
    /// Nobody is told of anything.
    NoWakeup,
    /// The first event after a subscription began is not told.
    LateListener,
    /// Snapshots come in the order of insertion.
    InsertionOrder,
    /// Any version is stored that is not there yet.
    LenientVersions,
    /// Conflicts are failures like any other.
    ConflictsUnnamed,
    /// Events that come with tracking are stored without it.
    ForgetsTracking,
    /// Tracking is stored before the events, and stays when these are refused.
    TrackingFirst,
    /// A position that was tracked is accepted again.
    TracksAgain,
    /// The ID of the tracked event is not stored.
    NoEventId,
    /// No limit is meant by 0.
    ZeroIsUnlimited,
    /// The limit counts before topics choose.
    LimitBeforeTopics,
    /// The start of a selection is inclusive.
    InclusiveStart,
    /// The text of a UUID is taken for the UUID.
    TextIsUuid,
    /// A state ends at its first NUL.
    StateEndsAtNul,
}

impl Backend for Flaw {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn supports(&self, part: Part) -> bool {
        match part {
            Part::Durability | Part::Sharing => false,
            Part::ContiguousPositions => *self != Self::Holes,
            _ => true,
        }
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        let persistence = Arc::new(FlawedPersistence(*self));
        Box::pin(async { Ok(FreshStore::new(persistence, Environment::new("Conformance"))) })
    }

    /// What does not come has to be waited for in vain here.
    fn patience(&self) -> Duration {
        match self {
            Self::None | Self::Holes => Duration::from_secs(20),
            _ => Duration::from_secs(2),
        }
    }
}
