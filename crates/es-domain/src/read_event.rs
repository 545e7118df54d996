//! An event as it was read from a store.

use uuid::Uuid;

use crate::{DomainEvent, Event, Metadata, Stamp, Timestamp, domain_event::IdOf};

/// An event that was read from a store: one version of an aggregate, and everything that happened in it.
///
/// Usually that is one body. A stored event that is [retired](crate::RetiredEvent) is read as several bodies when it was
/// split, and as none when it was dropped; the aggregate's version counts it once in each case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEvent<E: Event> {
    originator_id: IdOf<E>,
    originator_version: u64,
    stamp: Stamp,
    bodies: Bodies<E>,
}

/// What happened. Hardly any event has other than one body, so that one needs no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bodies<E> {
    One(E),
    Others(Vec<E>),
}

impl<E> Bodies<E> {
    fn as_slice(&self) -> &[E] {
        match self {
            Self::One(body) => std::slice::from_ref(body),
            Self::Others(bodies) => bodies,
        }
    }
}

impl<E: Event> ReadEvent<E> {
    /// Makes the event that brought the aggregate `originator_id` to `originator_version` by these bodies, in this order.
    pub fn new(originator_id: IdOf<E>, originator_version: u64, stamp: Stamp, mut bodies: Vec<E>) -> Self {
        let bodies = match bodies.pop() {
            Some(body) if bodies.is_empty() => Bodies::One(body),
            last => {
                bodies.extend(last);
                Bodies::Others(bodies)
            }
        };
        Self {
            originator_id,
            originator_version,
            stamp,
            bodies,
        }
    }

    /// The ID of the aggregate.
    pub fn originator_id(&self) -> IdOf<E> {
        self.originator_id.clone()
    }

    /// The version that the aggregate has after the event: 1 for its first event.
    pub const fn originator_version(&self) -> u64 {
        self.originator_version
    }

    /// The event's ID, time and metadata.
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// The ID of the event.
    pub const fn event_id(&self) -> Uuid {
        self.stamp.event_id()
    }

    /// When the event was triggered.
    pub const fn timestamp(&self) -> Timestamp {
        self.stamp.timestamp()
    }

    /// What is known about the event beside what happened.
    pub const fn metadata(&self) -> &Metadata {
        self.stamp.metadata()
    }

    /// What happened: one body, several if the stored event was split, none if it was dropped.
    pub fn bodies(&self) -> &[E] {
        self.bodies.as_slice()
    }

    /// Returns one domain event for each body. All of them have the ID, the version and the stamp of the stored event.
    pub fn into_domain_events(self) -> impl ExactSizeIterator<Item = DomainEvent<E>> {
        let (id, version, stamp) = (self.originator_id, self.originator_version, self.stamp);
        let bodies = match self.bodies {
            Bodies::One(body) => vec![body],
            Bodies::Others(bodies) => bodies,
        };
        let event = move |body| DomainEvent::new(id.clone(), version, stamp.clone(), body);
        bodies.into_iter().map(event)
    }

    pub(crate) fn into_id_and_bodies(self) -> (IdOf<E>, Bodies<E>) {
        (self.originator_id, self.bodies)
    }
}

impl<E: Event> From<DomainEvent<E>> for ReadEvent<E> {
    fn from(event: DomainEvent<E>) -> Self {
        let (originator_id, originator_version, stamp, body) = event.into_parts();
        Self {
            originator_id,
            originator_version,
            stamp,
            bodies: Bodies::One(body),
        }
    }
}

/// Equal if the event is read as exactly this one.
impl<E: Event + PartialEq> PartialEq<DomainEvent<E>> for ReadEvent<E> {
    fn eq(&self, event: &DomainEvent<E>) -> bool {
        self.originator_id == event.originator_id()
            && self.originator_version == event.originator_version()
            && self.stamp == *event.stamp()
            && self.bodies() == std::slice::from_ref(event.body())
    }
}
