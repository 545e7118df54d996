//! Domain events to stored events and back.

mod envelope;
mod error;
mod variant;

use std::borrow::Cow;

use es_domain::{Aggregate, AggregateId, DomainEvent, Event};

use self::envelope::{Envelope, EnvelopeSeed};
pub use self::error::{MapperError, MapperErrorKind};
use crate::{StoredEvent, Transcoder};

/// Turns events with types into rows of bytes, and rows back into events with types.
///
/// The state is an object with the fields `event_id`, `timestamp` and `body`; the body holds the fields of the event's
/// variant. What the row tells otherwise (ID, version, topic) is not in it. Unknown fields are ignored on reading, so
/// that an older program reads what a newer one has written; a missing field is an error unless it has a default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mapper {
    transcoder: Transcoder,
}

impl Mapper {
    /// A mapper that writes states by `transcoder`.
    #[must_use]
    pub const fn new(transcoder: Transcoder) -> Self {
        Self { transcoder }
    }

    /// Turns `event` into a row.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the format cannot express a field, or the event's kind has not the name of its variant.
    pub fn to_stored<E: Event>(&self, event: &DomainEvent<E>) -> Result<StoredEvent, MapperError> {
        let originator_id = event.originator_id().to_originator_id();
        let topic = event.topic();
        match self.transcoder.encode(&Envelope::of(event)) {
            Ok(state) => Ok(StoredEvent {
                originator_id,
                originator_version: event.originator_version(),
                topic: Cow::Borrowed(topic),
                state,
            }),
            Err(source) => Err(MapperError::new(
                &originator_id,
                event.originator_version(),
                topic,
                MapperErrorKind::Encoding(source),
            )),
        }
    }

    /// Turns a row into an event of an aggregate's type.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the topic is none of `E`'s, the ID is of another kind than the aggregate's, or the state
    /// cannot be read.
    pub fn to_domain<E: Event>(&self, stored: &StoredEvent) -> Result<DomainEvent<E>, MapperError> {
        let fail = |kind| MapperError::new(&stored.originator_id, stored.originator_version, &stored.topic, kind);
        let kind = E::kind_of_topic(&stored.topic).ok_or_else(|| {
            fail(MapperErrorKind::UnknownTopic {
                aggregate: E::Aggregate::TOPIC,
            })
        })?;
        let id = <E::Aggregate as Aggregate>::Id::from_originator_id(&stored.originator_id).ok_or_else(|| {
            fail(MapperErrorKind::WrongId {
                aggregate: E::Aggregate::TOPIC,
            })
        })?;
        let (stamp, body) = self
            .transcoder
            .decode(EnvelopeSeed::<E>::new(kind), &stored.state)
            .map_err(|source| fail(MapperErrorKind::Decoding(source)))?;
        Ok(DomainEvent::new(id, stored.originator_version, stamp, body))
    }

    /// As [`to_domain`](Self::to_domain), but `None` when the row is an event of another aggregate.
    ///
    /// # Errors
    ///
    /// [`MapperError`] as for [`to_domain`](Self::to_domain); a topic that begins with the aggregate's own, and that
    /// none of its events has, is an error and not `None`.
    pub fn to_domain_of<E: Event>(&self, stored: &StoredEvent) -> Result<Option<DomainEvent<E>>, MapperError> {
        let is_own = || {
            stored
                .topic
                .strip_prefix(E::Aggregate::TOPIC)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        if E::kind_of_topic(&stored.topic).is_none() && !is_own() {
            return Ok(None);
        }
        self.to_domain(stored).map(Some)
    }
}
