//! What the library keeps about an aggregate.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Aggregate, AggregateId, DomainEvent, EventHash, EventKind, Metadata, Stamp, Timestamp, TriggerError,
    TriggerErrorKind,
};

/// Identity, version, times and pending events of an aggregate: a field of its struct, found by its type.
///
/// [`Root::default`] is the root of an aggregate that no event has created yet; the body of an initial event returns
/// it, and the library sets it.
pub struct Root<A: Aggregate> {
    id: A::Id,
    version: u64,
    created_on: Timestamp,
    modified_on: Timestamp,
    head: Option<EventHash>,
    phase: Phase,
    pending: Vec<DomainEvent<A::Event>>,
    refusal: Option<TriggerError>,
    is_tainted: bool,
}

/// Where an aggregate is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No event has created it.
    #[default]
    Unborn,
    /// Events may happen to it.
    Alive,
    /// The body of an event is running.
    Applying,
    /// Its last event has ended its life.
    Discarded,
}

/// Which aggregate a root was before the body of an event.
pub(crate) struct Begun<A: Aggregate> {
    pub(crate) id: A::Id,
    pub(crate) version: u64,
}

/// The body of an event has put another root in the place of the aggregate's own, as `*self = Self::default()` does.
/// The pending events were in it.
pub(crate) struct RootReplaced;

impl<A: Aggregate> Root<A> {
    pub(crate) const fn id(&self) -> &A::Id {
        &self.id
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    pub(crate) const fn created_on(&self) -> Timestamp {
        self.created_on
    }

    pub(crate) const fn modified_on(&self) -> Timestamp {
        self.modified_on
    }

    pub(crate) const fn head(&self) -> Option<EventHash> {
        self.head
    }

    pub(crate) fn set_head(&mut self, head: EventHash) {
        self.head = Some(head);
    }

    pub(crate) fn pending_events(&self) -> &[DomainEvent<A::Event>] {
        &self.pending
    }

    pub(crate) fn collect_events(&mut self) -> Vec<DomainEvent<A::Event>> {
        std::mem::take(&mut self.pending)
    }

    pub(crate) fn add_metadata(&mut self, metadata: &Metadata) {
        for event in &mut self.pending {
            event.add_metadata(metadata);
        }
    }

    /// Says that an initial body has made the aggregate, and others follow that belong to the same event.
    pub(crate) fn enliven(&mut self) {
        self.phase = Phase::Alive;
    }

    /// Whether the last event has ended the aggregate's life.
    pub fn is_discarded(&self) -> bool {
        self.phase == Phase::Discarded
    }

    /// The first event that was refused because it could not happen now, such as one after the end of the
    /// aggregate's life. An aggregate with a refusal is not saved.
    ///
    /// An event method that returns nothing has no other way to tell.
    pub const fn refusal(&self) -> Option<&TriggerError> {
        self.refusal.as_ref()
    }

    /// Returns `true` if the body of an event has returned an error. The body may have changed the state before, so this
    /// copy of the aggregate is neither cached nor kept as a snapshot.
    pub const fn is_tainted(&self) -> bool {
        self.is_tainted
    }

    pub(crate) const fn set_tainted(&mut self, is_tainted: bool) {
        self.is_tainted = is_tainted;
    }

    pub(crate) fn refuse(&mut self, error: TriggerError) {
        self.refusal.get_or_insert(error);
    }

    /// The root that an aggregate has before its first event.
    pub(crate) fn unborn(id: A::Id) -> Self {
        Self {
            id,
            version: 0,
            created_on: Timestamp::UNIX_EPOCH,
            modified_on: Timestamp::UNIX_EPOCH,
            head: None,
            phase: Phase::Unborn,
            pending: Vec::new(),
            refusal: None,
            is_tainted: false,
        }
    }

    /// Says that the body of an event begins to run, unless none may now.
    pub(crate) const fn begin(&mut self) -> Result<(), TriggerErrorKind> {
        match self.phase {
            Phase::Alive => {
                self.phase = Phase::Applying;
                Ok(())
            }
            Phase::Unborn => Err(TriggerErrorKind::NotCreated),
            Phase::Applying => Err(TriggerErrorKind::WithinEvent),
            Phase::Discarded => Err(TriggerErrorKind::Discarded),
        }
    }

    /// Says that the body has returned, which began at `version`. It fails when the body has put another root in the
    /// place of this one.
    pub(crate) fn end(&mut self, version: u64) -> Result<(), RootReplaced> {
        let is_same = self.phase == Phase::Applying && self.version == version;
        self.phase = Phase::Alive;
        if is_same { Ok(()) } else { Err(RootReplaced) }
    }

    /// What is left of a root that was replaced: which aggregate it is. The pending events were in it.
    pub(crate) fn remains(id: A::Id, version: u64) -> Self {
        Self {
            version,
            phase: Phase::Alive,
            ..Self::unborn(id)
        }
    }

    /// The root of a discarded aggregate whose ID begins a new life after its event `version`.
    pub(crate) fn revived(id: A::Id, version: u64, head: Option<EventHash>, created_on: Timestamp) -> Self {
        Self {
            created_on,
            head,
            ..Self::remains(id, version)
        }
    }

    /// Lets the pending events of a new aggregate follow an earlier life that ended at `version`.
    pub(crate) fn revive_after(&mut self, version: u64, head: Option<EventHash>) -> bool {
        use crate::Event as _;

        let first = self.pending.first();
        let is_reviving =
            first.is_some_and(|first| first.originator_version() == 1 && first.body().kind().is_reviving());
        if is_reviving {
            self.version += version;
            self.head = head;
            for event in &mut self.pending {
                event.move_by(version);
            }
        }
        is_reviving
    }

    /// Says that the body has succeeded: the aggregate is one version further.
    pub(crate) fn advance(&mut self, kind: Option<&EventKind>, timestamp: Timestamp) {
        if self.version == 0 {
            self.created_on = timestamp;
        }
        self.version += 1;
        self.modified_on = timestamp;
        self.phase = match kind {
            None => self.phase,
            Some(kind) if kind.is_discarding() => Phase::Discarded,
            Some(_) => Phase::Alive,
        };
    }

    /// Says that `event` has been applied, and keeps it until it is saved.
    pub(crate) fn record(&mut self, event: A::Event) {
        use crate::Event as _;

        let stamp = Stamp::now();
        self.advance(Some(event.kind()), stamp.timestamp());
        self.pending
            .push(DomainEvent::new(self.id.clone(), self.version, stamp, event));
    }
}

impl<A: Aggregate> Default for Root<A> {
    fn default() -> Self {
        Self::unborn(A::Id::nil())
    }
}

impl<A: Aggregate> Clone for Root<A> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            pending: self.pending.clone(),
            refusal: self.refusal.clone(),
            ..*self
        }
    }
}

impl<A: Aggregate<Event: PartialEq>> PartialEq for Root<A> {
    fn eq(&self, other: &Self) -> bool {
        let facts = |root: &Self| (root.version, root.created_on, root.modified_on, root.head, root.phase);
        self.id == other.id && facts(self) == facts(other) && self.pending == other.pending
    }
}

impl<A: Aggregate<Event: Eq>> Eq for Root<A> {}

impl<A: Aggregate> fmt::Debug for Root<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("created_on", &self.created_on)
            .field("modified_on", &self.modified_on)
            .field("pending_events", &self.pending.len())
            .finish_non_exhaustive()
    }
}

/// The part of a root that belongs to an aggregate's state; pending events do not.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct RootState<I: AggregateId> {
    id: I,
    version: u64,
    created_on: Timestamp,
    modified_on: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<EventHash>,
    #[serde(default, skip_serializing_if = "is_false")]
    discarded: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    tainted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl<A: Aggregate> Serialize for Root<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            version,
            created_on,
            modified_on,
            head,
            phase,
            is_tainted,
            ..
        } = *self;
        RootState {
            id: self.id.clone(),
            version,
            created_on,
            modified_on,
            head,
            discarded: phase == Phase::Discarded,
            tainted: is_tainted,
        }
        .serialize(serializer)
    }
}

impl<'de, A: Aggregate> Deserialize<'de> for Root<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RootState {
            id,
            version,
            created_on,
            modified_on,
            head,
            discarded,
            tainted,
        } = RootState::<A::Id>::deserialize(deserializer)?;
        let phase = match (version, discarded) {
            (0, _) => Phase::Unborn,
            (_, true) => Phase::Discarded,
            (_, false) => Phase::Alive,
        };
        Ok(Self {
            version,
            created_on,
            modified_on,
            head,
            phase,
            is_tainted: tainted,
            ..Self::unborn(id)
        })
    }
}
