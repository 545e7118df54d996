//! The state of an event: what the row itself does not tell.

use std::{fmt, marker::PhantomData};

use es_domain::{DomainEvent, Event, EventKind, Stamp, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use uuid::Uuid;

use super::variant::{VariantFields, VariantSeed};

/// An event's state as it is written.
#[derive(Serialize)]
#[serde(bound = "")]
pub(super) struct Envelope<'a, E: Event> {
    event_id: Uuid,
    timestamp: Timestamp,
    body: VariantFields<'a, E>,
}

impl<'a, E: Event> Envelope<'a, E> {
    pub(super) fn of(event: &'a DomainEvent<E>) -> Self {
        Self {
            event_id: event.event_id(),
            timestamp: event.timestamp(),
            body: VariantFields(event.body()),
        }
    }
}

/// Reads the state of an event whose topic is known.
pub(super) struct EnvelopeSeed<E> {
    kind: &'static EventKind,
    event: PhantomData<E>,
}

impl<E> EnvelopeSeed<E> {
    pub(super) const fn new(kind: &'static EventKind) -> Self {
        Self {
            kind,
            event: PhantomData,
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    EventId,
    Timestamp,
    Body,
    #[serde(other)]
    Unknown,
}

impl<'de, E: Event> DeserializeSeed<'de> for EnvelopeSeed<E> {
    type Value = (Stamp, E);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_struct("Envelope", &["event_id", "timestamp", "body"], self)
    }
}

impl<'de, E: Event> Visitor<'de> for EnvelopeSeed<E> {
    type Value = (Stamp, E);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with event_id, timestamp and body")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut event_id, mut timestamp, mut body) = (None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::EventId => once(&mut event_id, "event_id", map.next_value()?)?,
                Field::Timestamp => once(&mut timestamp, "timestamp", map.next_value()?)?,
                Field::Body => once(
                    &mut body,
                    "body",
                    map.next_value_seed(VariantSeed::new(self.kind.name()))?,
                )?,
                Field::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let missing = de::Error::missing_field;
        let stamp = Stamp::new(
            event_id.ok_or_else(|| missing("event_id"))?,
            timestamp.ok_or_else(|| missing("timestamp"))?,
        );
        Ok((stamp, body.ok_or_else(|| missing("body"))?))
    }
}

fn once<T, Error: de::Error>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::duplicate_field(name)),
    }
}
