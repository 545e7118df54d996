//! An event as it happened to one aggregate.

use std::borrow::Cow;

use uuid::Uuid;

use crate::{
    Aggregate, Event, EventKind, Metadata, Timestamp, clock, id_source,
    metadata::{self, CAUSATION_ID, CORRELATION_ID},
};

/// The ID of the aggregate that events of type `E` belong to.
pub(crate) type IdOf<E> = <<E as Event>::Aggregate as Aggregate>::Id;

/// Something that happened to an aggregate: what, to which aggregate, its position in the aggregate's stream, and when.
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
    metadata: Metadata,
}

impl Stamp {
    /// A new event's stamp: a fresh ID, the time and the metadata in force.
    #[must_use]
    pub fn now() -> Self {
        Self::new(id_source::next_id(), clock::now()).with_metadata(metadata::current())
    }

    /// The stamp of an event that is known already.
    #[must_use]
    pub const fn new(event_id: Uuid, timestamp: Timestamp) -> Self {
        Self {
            event_id,
            timestamp,
            metadata: Metadata::new(),
        }
    }

    /// This with that metadata in place of its own.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// What is known about the event beside what happened.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
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
    /// Events of a living aggregate come from [`RootAccess::trigger`](crate::RootAccess::trigger); this is for those that are read from somewhere.
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

    /// What is known about it beside what happened.
    pub const fn metadata(&self) -> &Metadata {
        &self.stamp.metadata
    }

    /// What it belongs to: its correlation ID, or its own ID when it has none because nothing led to it.
    pub fn correlation_id(&self) -> Cow<'_, str> {
        match self.metadata().get(CORRELATION_ID) {
            Some(id) => id.into(),
            None => self.event_id().to_string().into(),
        }
    }

    /// What caused it, if that is known.
    pub fn causation_id(&self) -> Option<&str> {
        self.metadata().get(CAUSATION_ID)
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

    /// Returns what happened.
    pub fn into_body(self) -> E {
        self.body
    }

    pub(crate) fn into_parts(self) -> (IdOf<E>, u64, Stamp, E) {
        (self.originator_id, self.originator_version, self.stamp, self.body)
    }

    /// Moves the event `versions` versions on, because it follows an earlier life of its aggregate.
    pub(crate) const fn move_by(&mut self, versions: u64) {
        self.originator_version += versions;
    }

    pub(crate) fn add_metadata(&mut self, metadata: &Metadata) {
        let own = std::mem::take(&mut self.stamp.metadata);
        self.stamp.metadata = own.or(metadata);
    }

    pub(crate) fn kind(&self) -> &'static EventKind {
        self.body.kind()
    }
}
