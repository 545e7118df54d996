//! The state of an event: what the row itself does not tell.

use std::{fmt, marker::PhantomData};

use es_domain::{DomainEvent, Event, EventKind, Metadata, RetiredEvent, Stamp, State, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use uuid::Uuid;

use super::{
    trouble::Trouble,
    variant::{VariantFields, VariantSeed},
};

/// An event's state as it is written. The version stands before the body, so that a body of the present version can be
/// read without a detour.
#[derive(Serialize)]
#[serde(bound = "")]
pub(super) struct Envelope<'a, E: Event> {
    event_id: Uuid,
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "is_first")]
    version: u32,
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    metadata: &'a Metadata,
    body: VariantFields<'a, E>,
}

impl<'a, E: Event> Envelope<'a, E> {
    pub(super) fn of(event: &'a DomainEvent<E>) -> Self {
        Self {
            event_id: event.event_id(),
            timestamp: event.timestamp(),
            version: event.body().kind().version(),
            metadata: event.metadata(),
            body: VariantFields(event.body()),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_first(version: &u32) -> bool {
    *version == 1
}

/// What is stored under a topic.
#[derive(Debug)]
pub(super) enum Known<E: Event> {
    Kind(&'static EventKind),
    Retired(&'static RetiredEvent<E>),
}

impl<E: Event> Known<E> {
    pub(super) fn of_topic(topic: &str) -> Option<Self> {
        let kind = E::kind_of_topic(topic).map(Self::Kind);
        kind.or_else(|| E::retired_of_topic(topic).map(Self::Retired))
    }
}

/// Reads the state of an event whose topic is known: its stamp, what happened, and what more if it was split.
pub(super) struct EnvelopeSeed<'a, E: Event> {
    known: Known<E>,
    trouble: &'a Trouble,
    is_human_readable: bool,
}

impl<'a, E: Event> EnvelopeSeed<'a, E> {
    pub(super) const fn new(known: Known<E>, trouble: &'a Trouble) -> Self {
        Self {
            known,
            trouble,
            is_human_readable: true,
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    EventId,
    Timestamp,
    Version,
    Metadata,
    Body,
    #[serde(other)]
    Unknown,
}

const FIELDS: &[&str] = &["event_id", "timestamp", "version", "metadata", "body"];

impl<'de, E: Event> DeserializeSeed<'de> for EnvelopeSeed<'_, E> {
    type Value = (Stamp, Vec<E>);

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.is_human_readable = deserializer.is_human_readable();
        deserializer.deserialize_struct("Envelope", FIELDS, self)
    }
}

impl<'de, E: Event> Visitor<'de> for EnvelopeSeed<'_, E> {
    type Value = (Stamp, Vec<E>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with event_id, timestamp and body")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut event_id, mut timestamp, mut version, mut metadata, mut body) = (None, None, None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::EventId => once(&mut event_id, "event_id", map.next_value()?)?,
                Field::Timestamp => once(&mut timestamp, "timestamp", map.next_value()?)?,
                Field::Version => once(&mut version, "version", map.next_value()?)?,
                Field::Metadata => once(&mut metadata, "metadata", map.next_value()?)?,
                Field::Body => once(&mut body, "body", map.next_value_seed(self.body_seed(version))?)?,
                Field::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let missing = de::Error::missing_field;
        let stamp = Stamp::new(
            event_id.ok_or_else(|| missing("event_id"))?,
            timestamp.ok_or_else(|| missing("timestamp"))?,
        );
        let stamp = stamp.with_metadata(metadata.unwrap_or_default());
        match body.ok_or_else(|| missing("body"))? {
            Body::UpToDate(body) => Ok((stamp, vec![body])),
            Body::Older(state) => {
                let bodies = self.bring_up_to_date(state, version.unwrap_or(1))?;
                Ok((stamp, bodies))
            }
        }
    }
}

impl<E: Event> EnvelopeSeed<'_, E> {
    /// How to read the body, after the version if there is one.
    fn body_seed(&self, version: Option<u32>) -> BodySeed<'_, E> {
        let stored = version.unwrap_or(1);
        let up_to_date = match self.known {
            Known::Kind(kind) if kind.version() <= stored => Some(kind),
            _ => None,
        };
        if let Some(kind) = up_to_date.filter(|kind| kind.version() < stored) {
            // It can be read if fields were only added.
            self.trouble.expect_newer(stored, kind.version());
        }
        BodySeed {
            up_to_date,
            trouble: self.trouble,
            event: PhantomData,
        }
    }

    fn bring_up_to_date<Error: de::Error>(&self, state: State, version: u32) -> Result<Vec<E>, Error> {
        let explain = |error| self.trouble.keep(error);
        match self.known {
            Known::Kind(kind) => {
                let state = kind.upcast(version, state).map_err(explain)?;
                let deserializer = state.into_deserializer(self.is_human_readable);
                let body = VariantSeed::new(kind.name()).deserialize(deserializer);
                Ok(vec![body.map_err(Error::custom)?])
            }
            Known::Retired(retired) => retired.read(state, version).map_err(explain),
        }
    }
}

/// A body that was read.
enum Body<E> {
    UpToDate(E),
    Older(State),
}

/// Reads a body: into the variant of this kind, or as it is when there is none.
struct BodySeed<'a, E> {
    up_to_date: Option<&'static EventKind>,
    trouble: &'a Trouble,
    event: PhantomData<E>,
}

impl<'de, E: Event> DeserializeSeed<'de> for BodySeed<'_, E> {
    type Value = Body<E>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body<E>, D::Error> {
        let Some(kind) = self.up_to_date else {
            return State::deserialize(deserializer).map(Body::Older);
        };
        let body = VariantSeed::new(kind.name()).deserialize(deserializer)?;
        self.trouble.forget();
        Ok(Body::UpToDate(body))
    }
}

fn once<T, Error: de::Error>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::duplicate_field(name)),
    }
}
