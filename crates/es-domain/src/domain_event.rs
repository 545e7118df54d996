//! An event as it happened to one aggregate.

use uuid::Uuid;

use crate::{Aggregate, Event, EventKind, Timestamp, clock, id_source};

/// The ID of the aggregate that events of type `E` belong to.
type IdOf<E> = <<E as Event>::Aggregate as Aggregate>::Id;

/// Something that happened to an aggregate: what, to which one, as its how-manieth event, and when.
///
/// A domain event never changes. Two are equal when all that they hold is equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainEvent<E: Event> {
    originator_id: IdOf<E>,
    originator_version: u64,
    stamp: Stamp,
    body: E,
}

/// What every event carries beside its own fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    event_id: Uuid,
    timestamp: Timestamp,
}

impl Stamp {
    /// A new event's stamp: a fresh ID and the time, from the sources in force.
    #[must_use]
    pub fn now() -> Self {
        Self::new(id_source::next_id(), clock::now())
    }

    /// The stamp of an event that is known already.
    #[must_use]
    pub const fn new(event_id: Uuid, timestamp: Timestamp) -> Self {
        Self { event_id, timestamp }
    }

    /// What tells this event from all others.
    pub const fn event_id(&self) -> Uuid {
        self.event_id
    }

    /// When the event was triggered.
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }
}

impl<E: Event> DomainEvent<E> {
    /// The event that made the aggregate `originator_id` become version `originator_version`.
    ///
    /// Events of a living aggregate come from [`Aggregate::trigger`]; this is for those that are read from somewhere.
    pub const fn new(originator_id: IdOf<E>, originator_version: u64, stamp: Stamp, body: E) -> Self {
        Self {
            originator_id,
            originator_version,
            stamp,
            body,
        }
    }

    /// The ID of the aggregate it happened to.
    pub fn originator_id(&self) -> IdOf<E> {
        self.originator_id.clone()
    }

    /// The version that the aggregate has after it: 1 for its first event.
    pub const fn originator_version(&self) -> u64 {
        self.originator_version
    }

    /// What tells this event from all others.
    pub const fn event_id(&self) -> Uuid {
        self.stamp.event_id
    }

    /// When it was triggered. It says nothing about the order of events: the version does.
    pub const fn timestamp(&self) -> Timestamp {
        self.stamp.timestamp
    }

    /// What it carries beside its own fields.
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// The topic under which it is stored.
    pub fn topic(&self) -> &'static str {
        self.kind().topic()
    }

    /// What happened.
    pub const fn body(&self) -> &E {
        &self.body
    }

    /// What happened, taken out.
    pub fn into_body(self) -> E {
        self.body
    }

    pub(crate) fn into_id_and_body(self) -> (IdOf<E>, E) {
        (self.originator_id, self.body)
    }

    pub(crate) fn kind(&self) -> &'static EventKind {
        self.body.kind()
    }
}
