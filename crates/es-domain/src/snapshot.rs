//! Snapshots: states of aggregates, so that a reader needs only the events after them.

mod capability;
mod read;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

pub use self::capability::{HasNoSnapshots, HasSnapshots, SnapshotVisitor, Snapshots};
use crate::{Aggregate, EventHash, State, Timestamp, UpcastError, upcast};

/// The state of an aggregate after one of its events.
///
/// Stores keep the aggregate itself, as `serde` writes it, and the version of the state in a column. A snapshot that you
/// serialize yourself has this version beside the state. The aggregate's [`Root`](crate::Root) holds identity, version, times
/// and the head of the hash chain. Older states are brought up to date by the upcasters of `#[aggregate(upcast(…))]` when
/// they are read.
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
    /// Takes a snapshot of `aggregate`. [`SnapshotRef`] takes a reference and can be written as well.
    ///
    /// Returns `None` if the state may differ from that of the stored events: if the aggregate has pending events or a refusal,
    /// is [tainted](crate::Root::is_tainted), was not created by an event, or is discarded.
    pub fn take(aggregate: A) -> Option<Self> {
        can_be_taken(&aggregate).then_some(Self { aggregate })
    }

    /// Returns the ID of the aggregate.
    pub fn originator_id(&self) -> A::Id {
        self.aggregate.id()
    }

    /// Returns the version of the aggregate after the last event of the snapshot.
    pub fn version(&self) -> u64 {
        self.aggregate.version()
    }

    /// Returns the time of that event.
    pub fn timestamp(&self) -> Timestamp {
        self.aggregate.modified_on()
    }

    /// Returns the hash of that event, if the aggregate has a hash chain.
    pub fn head(&self) -> Option<EventHash> {
        self.aggregate.head()
    }

    /// Returns the aggregate.
    pub const fn aggregate(&self) -> &A {
        &self.aggregate
    }

    /// Returns the aggregate by value.
    pub fn into_aggregate(self) -> A {
        self.aggregate
    }

    /// Returns the version of newly written states: one more than the number of upcasters in `#[aggregate(upcast(…))]`.
    pub fn class_version() -> u32 {
        upcast::version(A::UPCASTERS)
    }

    /// Brings an older state of an aggregate up to date.
    ///
    /// # Errors
    ///
    /// [`UpcastError`] if an upcaster refuses the state.
    pub fn upcast(version: u32, state: State) -> Result<State, UpcastError> {
        upcast::upcast(A::UPCASTERS, A::TOPIC, version, state)
    }
}

/// A snapshot of a borrowed aggregate, for writing.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotRef<'a, A> {
    aggregate: &'a A,
}

impl<'a, A: Aggregate> SnapshotRef<'a, A> {
    /// Takes a snapshot, under the same conditions as [`Snapshot::take`].
    pub fn take(aggregate: &'a A) -> Option<Self> {
        can_be_taken(aggregate).then_some(Self { aggregate })
    }

    /// Returns the aggregate.
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
