//! An event as it is in the log.

use es_domain::{DomainEvent, Event, OriginatorId, ReadEvent};
use es_persistence::{Mapper, MapperError, Notification};

/// An event that has been saved: whose it is, what kind it is, where it stands in the log.
///
/// Its fields are decoded when they are asked for, into the type of the aggregate's events.
#[derive(Clone, Debug)]
pub struct Recorded {
    notification: Notification,
    mapper: Mapper,
}

impl Recorded {
    pub(crate) const fn new(notification: Notification, mapper: Mapper) -> Self {
        Self { notification, mapper }
    }

    /// Where it stands among all events of the application, from 1.
    pub const fn position(&self) -> u64 {
        self.notification.position
    }

    /// The aggregate that it happened to.
    pub const fn originator_id(&self) -> &OriginatorId {
        &self.notification.event.originator_id
    }

    /// The version that the aggregate has after it, from 1.
    pub const fn originator_version(&self) -> u64 {
        self.notification.event.originator_version
    }

    /// What kind of event it is, such as `Dog.TrickAdded`.
    pub fn topic(&self) -> &str {
        &self.notification.event.topic
    }

    /// The event as it is stored.
    pub const fn notification(&self) -> &Notification {
        &self.notification
    }

    /// Returns the first thing that happened, or `None` if the event is one of another aggregate than `E`'s or was dropped.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when it is one of `E`'s and cannot be read.
    pub fn decode<E: Event>(&self) -> Result<Option<E>, MapperError> {
        let first = self.decode_event()?.and_then(|event| event.into_domain_events().next());
        Ok(first.map(DomainEvent::into_body))
    }

    /// Returns everything that happened, with the aggregate's ID, the time and all else that an event has. Returns `None`
    /// if the event is one of another aggregate than `E`'s.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_event<E: Event>(&self) -> Result<Option<ReadEvent<E>>, MapperError> {
        self.mapper.to_domain_of(&self.notification.event)
    }
}
