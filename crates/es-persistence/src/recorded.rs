//! An event of the log, decoded or not.

use std::fmt;

use es_domain::{Aggregate, AggregateId, Event, EventKind, Metadata, OriginatorId, ReadEvent, Stamp, State, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{EventSet, Mapper, MapperError, MapperErrorKind, Notification, StoredEvent};

/// An event of the log, with its position.
///
/// `Recorded` alone is not decoded yet: it has the columns of its row, and [`decode`](Self::decode) reads its body.
/// `Recorded<DogEvent>` is decoded. A stored event that was split is decoded as several events, each with the position, the
/// ID and the time of the stored one.
#[derive(Clone, Debug)]
pub struct Recorded<E = Undecoded> {
    /// The row. The bytes of a decoded event are left out.
    notification: Notification,
    /// Empty until the event is decoded.
    metadata: Metadata,
    body: E,
}

/// The body of an event that is not decoded.
#[derive(Clone, Debug)]
pub struct Undecoded {
    mapper: Mapper,
}

/// The type of the IDs of the aggregate that has events of type `E`.
type IdOf<E> = <<E as Event>::Aggregate as Aggregate>::Id;

impl<E> Recorded<E> {
    /// The position of the event in the log.
    pub const fn position(&self) -> u64 {
        self.notification.position
    }

    /// The ID of the aggregate, whatever its type.
    pub const fn originator(&self) -> &OriginatorId {
        &self.notification.event.originator_id
    }

    /// The version that the aggregate has after the event.
    pub const fn originator_version(&self) -> u64 {
        self.notification.event.originator_version
    }

    /// The topic under which the event is stored.
    pub fn topic(&self) -> &str {
        &self.notification.event.topic
    }

    /// The ID of the event.
    pub const fn event_id(&self) -> Uuid {
        self.notification.event.event_id
    }

    /// When the event was triggered. Events are ordered by position, not by time.
    pub const fn timestamp(&self) -> Timestamp {
        self.notification.event.timestamp
    }

    /// Returns the event with another body, such as a variant of an enum over several aggregates.
    pub fn map<T>(self, map: impl FnOnce(E) -> T) -> Recorded<T> {
        Recorded {
            notification: self.notification,
            metadata: self.metadata,
            body: map(self.body),
        }
    }
}

impl Recorded {
    /// Makes a recorded event that `mapper` can decode.
    pub const fn of(notification: Notification, mapper: Mapper) -> Self {
        Self {
            notification,
            metadata: Metadata::new(),
            body: Undecoded { mapper },
        }
    }

    /// The position and the row.
    pub const fn notification(&self) -> &Notification {
        &self.notification
    }

    /// The mapper that decodes the event.
    pub const fn mapper(&self) -> &Mapper {
        &self.body.mapper
    }

    /// Reads the metadata, without the body.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the metadata cannot be read.
    pub fn read_metadata(&self) -> Result<Metadata, MapperError> {
        self.body.mapper.metadata(&self.notification.event)
    }

    /// Reads the body without its type, as it was stored: see [`Mapper::to_state`].
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the state cannot be read.
    pub fn to_state(&self) -> Result<State, MapperError> {
        self.body.mapper.to_state(&self.notification.event)
    }

    /// Returns what happened, or `None` if the event is none of `S` or is a retired event that is read as nothing.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event is one of `S` and cannot be read, or was [split](MapperErrorKind::Split) into several:
    /// [`decode_all`](Self::decode_all) returns all of them.
    pub fn decode<S: EventSet>(&self) -> Result<Option<S>, MapperError> {
        let mut decoded = self.decode_all()?;
        match decoded.len() {
            0 | 1 => Ok(decoded.pop().map(Recorded::into_body)),
            events => Err(self
                .body
                .mapper
                .fail(&self.notification.event, MapperErrorKind::Split { events })),
        }
    }

    /// Returns everything that happened: nothing if the event is none of `S`, several events if it was split.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event is one of `S` and cannot be read.
    pub fn decode_all<S: EventSet>(&self) -> Result<Vec<Recorded<S>>, MapperError> {
        S::decode(self)
    }

    /// Returns the event as an aggregate's events are read, or `None` if it is one of another aggregate than `E`'s.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event is one of `E` and cannot be read.
    pub fn decode_event<E: Event>(&self) -> Result<Option<ReadEvent<E>>, MapperError> {
        self.body.mapper.to_domain_of(&self.notification.event)
    }

    /// Returns the event as one that belongs to no aggregate, or `None` if its topic is neither of `kinds` nor of `family`.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event is one of them and cannot be read.
    pub fn decode_standalone<E>(
        &self,
        family: &'static str,
        kinds: &[EventKind],
    ) -> Result<Option<Recorded<E>>, MapperError>
    where
        E: fmt::Debug + Serialize + DeserializeOwned,
    {
        let mapper = &self.body.mapper;
        let read = mapper.standalone_to_domain(&self.notification.event, family, kinds)?;
        Ok(read.map(|(body, metadata)| Recorded {
            notification: self.columns(),
            metadata,
            body,
        }))
    }

    /// Returns one recorded event for each body of `event`, which was decoded from this one.
    pub(crate) fn decoded<E: Event>(&self, event: ReadEvent<E>) -> Vec<Recorded<E>> {
        let columns = self.columns();
        event
            .into_domain_events()
            .map(|event| Recorded {
                notification: columns.clone(),
                metadata: event.metadata().clone(),
                body: event.into_body(),
            })
            .collect()
    }

    /// The row without its bytes.
    fn columns(&self) -> Notification {
        let event = &self.notification.event;
        let columns = StoredEvent::new(
            event.originator_id.clone(),
            event.originator_version,
            event.topic.clone(),
            Vec::new(),
        );
        let columns = columns.with_stamp(event.event_id, event.timestamp);
        Notification::new(self.position(), columns.with_schema_version(event.schema_version))
    }
}

impl<S: EventSet> Recorded<S> {
    /// Makes a decoded event for tests and for logs of other kinds.
    pub fn new(position: u64, originator_id: OriginatorId, originator_version: u64, stamp: &Stamp, body: S) -> Self {
        let row = StoredEvent::new(originator_id, originator_version, "", Vec::new());
        Self {
            notification: Notification::new(position, row.with_stamp(stamp.event_id(), stamp.timestamp())),
            metadata: stamp.metadata().clone(),
            body,
        }
    }

    /// What happened.
    pub const fn body(&self) -> &S {
        &self.body
    }

    /// Returns what happened.
    pub fn into_body(self) -> S {
        self.body
    }

    /// The metadata of the event.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl<E: Event> Recorded<E> {
    /// The ID of the aggregate that the event belongs to.
    ///
    /// # Panics
    ///
    /// When the event was made by [`Recorded::new`] with an ID that the aggregate cannot have.
    pub fn originator_id(&self) -> IdOf<E> {
        IdOf::<E>::from_originator_id(self.originator()).expect("the mapper has checked the ID")
    }
}
