//! States of aggregates, kept so that not all events have to be read.

mod capability;
mod read;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

pub use self::capability::{HasNoSnapshots, HasSnapshots, SnapshotVisitor, Snapshots};
use crate::{Aggregate, EventHash, State, Timestamp, UpcastError, upcast};

/// An aggregate as it was after one of its events.
///
/// Stores keep the aggregate itself, as `serde` writes it, with its version in a column; a snapshot that is serialised by other
/// means has the version beside the state. Identity, version, times and the head of the hash chain are
/// in the aggregate's [`Root`](crate::Root). States of older versions are brought up to date by the upcasters of
/// `#[aggregate(upcast(…))]` when they are read.
///
/// ```
/// use es_domain::{RootAccess, Snapshot, prelude::*};
///
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self>, name: String }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self { name: name.into(), ..Self::default() } }
/// # }
/// let mut dog = Dog::register("Fido");
/// assert!(Snapshot::take(dog.clone()).is_none(), "it has not been saved");
/// drop(dog.collect_events());
///
/// let snapshot = Snapshot::take(dog).expect("it has been saved");
/// assert_eq!(snapshot.version(), 1);
/// assert_eq!(snapshot.into_aggregate().name, "Fido");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<A> {
    aggregate: A,
}

impl<A: Aggregate> Snapshot<A> {
    /// Takes a snapshot of `aggregate`; a reference to one can be taken and written, too.
    ///
    /// Returns `None` when its state may not be that of its stored events: it has pending events or a refusal, it is
    /// [tainted](crate::Root::is_tainted), no event has created it, or it is discarded.
    pub fn take(aggregate: A) -> Option<Self> {
        can_be_taken(&aggregate).then_some(Self { aggregate })
    }

    /// Which aggregate.
    pub fn originator_id(&self) -> A::Id {
        self.aggregate.id()
    }

    /// After which event.
    pub fn version(&self) -> u64 {
        self.aggregate.version()
    }

    /// When that event was triggered.
    pub fn timestamp(&self) -> Timestamp {
        self.aggregate.modified_on()
    }

    /// That event's hash, if the aggregate has a hash chain.
    pub fn head(&self) -> Option<EventHash> {
        self.aggregate.head()
    }

    /// The aggregate as it was.
    pub const fn aggregate(&self) -> &A {
        &self.aggregate
    }

    /// The aggregate, to go on with.
    pub fn into_aggregate(self) -> A {
        self.aggregate
    }

    /// Returns the version of the states that are written: one more than there are upcasters in `#[aggregate(upcast(…))]`.
    pub fn class_version() -> u32 {
        upcast::version(A::UPCASTERS)
    }

    /// Brings the state of an aggregate up to date that was stored in an older version.
    ///
    /// # Errors
    ///
    /// [`UpcastError`] when an upcaster refuses.
    pub fn upcast(version: u32, state: State) -> Result<State, UpcastError> {
        upcast::upcast(A::UPCASTERS, A::TOPIC, version, state)
    }
}

/// A snapshot that is only written.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotRef<'a, A> {
    aggregate: &'a A,
}

impl<'a, A: Aggregate> SnapshotRef<'a, A> {
    /// As [`Snapshot::take`].
    pub fn take(aggregate: &'a A) -> Option<Self> {
        can_be_taken(aggregate).then_some(Self { aggregate })
    }

    /// The aggregate.
    pub const fn aggregate(&self) -> &'a A {
        self.aggregate
    }
}

fn can_be_taken<A: Aggregate>(aggregate: &A) -> bool {
    let root = aggregate.root();
    let is_sound = !root.is_discarded() && !root.is_tainted() && root.refusal().is_none();
    root.version() > 0 && is_sound && root.pending_events().is_empty()
}

impl<A: Aggregate + Serialize> Serialize for SnapshotRef<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let version = Snapshot::<A>::class_version();
        let mut fields = serializer.serialize_struct("Snapshot", if version == 1 { 1 } else { 2 })?;
        if version == 1 {
            fields.skip_field("version")?;
        } else {
            fields.serialize_field("version", &version)?;
        }
        fields.serialize_field("state", self.aggregate)?;
        fields.end()
    }
}

impl<A: Aggregate + Serialize> Serialize for Snapshot<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let aggregate = &self.aggregate;
        SnapshotRef { aggregate }.serialize(serializer)
    }
}
