//! What an aggregate is.

use crate::{
    AggregateId, DataIntegrityError, DomainEvent, Event, EventHash, EventKind, Metadata, ReadEvent, ReplayError,
    RetiredEvent, Root, RootAccess, SnapshotVisitor, Timestamp, Upcaster, event_hash, replay,
};

/// A thing with an identity whose state is the outcome of its events.
///
/// `#[derive(Aggregate)]` implements it for a struct with a field of type [`Root<Self>`](Root). By hand it takes two
/// associated types, the topic, and access to the root here and in [`RootAccess`], as the example of [`Event`] shows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "add `#[derive(Aggregate)]` and a field `root: Root<Self>` to `{Self}`"
)]
pub trait Aggregate: RootAccess + Send + 'static {
    /// What identifies it.
    type Id: AggregateId<Aggregate = Self>;

    /// What can happen to it.
    type Event: Event<Aggregate = Self>;

    /// Its name in stores. It never changes once something is stored; the topics of its events begin with it.
    const TOPIC: &'static str;

    /// Brings snapshots of older versions up to date: the first upcaster turns version 1 into version 2, and so on.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// Whether its events are tied together by hashes: `#[aggregate(hash_chain)]`.
    const HASH_CHAIN: bool = false;

    /// Returns the aggregate's identity, version, times and pending events.
    fn root(&self) -> &Root<Self>;

    /// Its ID, or [`AggregateId::nil`] when no event has created it.
    fn id(&self) -> Self::Id {
        self.root().id().clone()
    }

    /// How many events have made it what it is, those that are not saved included: 1 after the first.
    fn version(&self) -> u64 {
        self.root().version()
    }

    /// When its first event was triggered.
    fn created_on(&self) -> Timestamp {
        self.root().created_on()
    }

    /// When its last event was triggered.
    fn modified_on(&self) -> Timestamp {
        self.root().modified_on()
    }

    /// The hash of its last stored event, if its events are tied together by hashes. Pending events have none yet.
    fn head(&self) -> Option<EventHash> {
        self.root().head()
    }

    /// Compares its head with an independent record of it: what was changed or removed shows.
    ///
    /// # Errors
    ///
    /// [`DataIntegrityError`] when the head is another, or there is none.
    fn verify_head(&self, expected: EventHash) -> Result<(), DataIntegrityError> {
        event_hash::verify_head(self, expected)
    }

    /// Lets `visitor` work with its snapshots, or returns `None` when it has none.
    ///
    /// An aggregate has snapshots when it is `Serialize` and `Deserialize`: `#[derive(Aggregate)]` finds out. By hand:
    /// `Some(visitor.visit())`.
    fn with_snapshots<V: SnapshotVisitor<Self>>(visitor: V) -> Option<V::Output> {
        drop(visitor);
        None
    }

    /// Returns the text of its `Debug`, or `None` when the type is not `Debug`: `#[derive(Aggregate)]` finds out. By hand:
    /// `Some(format!("{self:?}"))`. Tests compare it before and after a command that fails.
    fn try_debug(&self) -> Option<String> {
        None
    }

    /// A copy for a cache, or `None` when the type is not `Clone`: `#[derive(Aggregate)]` finds out. By hand:
    /// `Some(self.clone())`.
    fn try_clone(&self) -> Option<Self> {
        None
    }

    /// The events that have been triggered and not saved, oldest first.
    fn pending_events(&self) -> &[DomainEvent<Self::Event>] {
        self.root().pending_events()
    }

    /// Puts `metadata` on the events that have not been saved. The metadata that an event has already stays as it is.
    fn add_metadata(&mut self, metadata: &Metadata) {
        self.root_mut().add_metadata(metadata);
    }

    /// Makes an aggregate of its events. Returns `None` if there are no events or the last one discards the aggregate.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] at the first event that does not follow from those before it.
    fn replay(
        events: impl IntoIterator<Item = impl Into<ReadEvent<Self::Event>>>,
    ) -> Result<Option<Self>, ReplayError> {
        replay::replay(events)
    }

    /// The topics under which its events may be stored, old ones included.
    fn topics() -> Vec<&'static str> {
        let kinds = Self::Event::KINDS.iter().flat_map(EventKind::topics);
        kinds
            .chain(Self::Event::RETIRED.iter().map(RetiredEvent::topic))
            .collect()
    }
}
