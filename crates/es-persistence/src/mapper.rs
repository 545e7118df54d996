//! Domain events to stored events and back.

mod body;
mod chain;
mod config;
mod environment;
mod error;
mod format;
pub mod import;
mod layers;
mod lost;
mod snapshot;
mod standalone;
mod stream;
mod tag;
mod untyped;
mod variant;

use std::{fmt::Debug, marker::PhantomData, sync::Arc};

use es_domain::{Aggregate, AggregateId, DomainEvent, Event, Metadata, ReadEvent, Stamp};
use serde::{Serialize, de::DeserializeOwned};

use self::{
    body::{Bodies, Known},
    variant::VariantFields,
};
pub use self::{
    chain::{ChainAcceptance, ChainError, HashChain},
    config::{Compression, Encryption, EncryptionMode, MapperConfig},
    error::{MapperError, MapperErrorKind},
    format::StateFormat,
    stream::StreamMapper,
};
use crate::{StoredEvent, cipher::RecordKind};

/// Turns domain events into rows, and rows into domain events. It is cheap to clone.
///
/// The body of an event and its metadata become bytes: they are transcoded, compressed if the settings ask for it, and
/// encrypted if there is a cipher. All else is in columns of its own. The hash of a chained event covers all of them.
///
/// ```
/// use es_domain::prelude::*;
/// use es_persistence::Mapper;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # struct Dog {
/// #     root: Root<Self>,
/// #     tricks: Vec<String>,
/// # }
/// # #[events(derive(PartialEq))]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     fn register() -> Self {
/// #         Self::default()
/// #     }
/// #     #[event(TrickAdded)]
/// #     fn add_trick(&mut self, trick: &str) {
/// #         self.tricks.push(trick.to_owned());
/// #     }
/// # }
///
/// let mut dog = Dog::register();
/// dog.add_trick("roll over");
///
/// let mapper = Mapper::default();
/// let stored = mapper.to_stored(&dog.pending_events()[1])?;
/// assert_eq!(stored.topic, "Dog.TrickAdded");
/// assert_eq!(stored.state, br#"{"trick":"roll over"}"#);
/// assert_eq!(mapper.to_domain::<DogEvent>(&stored)?, dog.pending_events()[1]);
/// # Ok::<(), es_persistence::MapperError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Mapper {
    config: Arc<MapperConfig>,
}

impl Mapper {
    /// Makes a mapper with these settings.
    #[must_use]
    pub fn new(config: MapperConfig) -> Self {
        Self {
            config: Arc::new(config),
        }
    }

    /// The settings.
    pub fn config(&self) -> &MapperConfig {
        &self.config
    }

    /// Turns an event into a row, without a link of a hash chain: see [`StreamMapper::to_stored`] for one.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event cannot be written, could not be read back, or is larger than allowed.
    pub fn to_stored<E: Event>(&self, event: &DomainEvent<E>) -> Result<StoredEvent, MapperError> {
        let originator_id = event.originator_id().to_originator_id();
        let mut row = StoredEvent::new(originator_id, event.originator_version(), event.topic(), Vec::new())
            .with_stamp(event.event_id(), event.timestamp())
            .with_schema_version(u16::try_from(event.body().kind().version()).unwrap_or(u16::MAX));
        // The metadata come first, because the state is bound to there being some.
        if !event.metadata().is_empty() {
            row.metadata = Some(self.write(&row, RecordKind::Metadata, event.metadata())?);
        }
        row.state = self.write_body(&row, event.body(), event.body().kind().name())?;
        Ok(row)
    }

    fn write_body<E>(&self, row: &StoredEvent, body: &E, name: &'static str) -> Result<Vec<u8>, MapperError>
    where
        E: Debug + Serialize + DeserializeOwned,
    {
        let context = self.event_context(row, RecordKind::Event);
        let written = self.config.write_body(&context, &VariantFields { body, name });
        written.map_err(|kind| MapperError::new(&context, kind))
    }

    fn write<T: Serialize + ?Sized>(
        &self,
        row: &StoredEvent,
        kind: RecordKind,
        value: &T,
    ) -> Result<Vec<u8>, MapperError> {
        let context = self.event_context(row, kind);
        let written = self.config.write(&context, value);
        written.map_err(|kind| MapperError::new(&context, kind))
    }

    /// Turns a row into an event. The hash chain is not verified: see [`StreamMapper::to_domain`].
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the topic is none of `E`'s, the ID is not one of `E`'s aggregate, or state or metadata cannot be
    /// read.
    pub fn to_domain<E: Event>(&self, row: &StoredEvent) -> Result<ReadEvent<E>, MapperError> {
        let context = self.event_context(row, RecordKind::Event);
        let fail = |kind| MapperError::new(&context, kind);
        let aggregate = E::Aggregate::TOPIC;
        let known = Known::of_topic(&row.topic).ok_or_else(|| fail(unknown_topic(&row.topic, aggregate)))?;
        let id = <E::Aggregate as Aggregate>::Id::from_originator_id(&row.originator_id)
            .ok_or_else(|| fail(MapperErrorKind::WrongId { aggregate }))?;
        let plain = self.config.open(&context, &row.state).map_err(fail)?;
        let bodies = known.read(&self.config, &plain, row.schema_version).map_err(fail)?;
        let stamp = Stamp::new(row.event_id, row.timestamp).with_metadata(self.metadata(row)?);
        let version = row.originator_version;
        Ok(match bodies {
            Bodies::One(body) => DomainEvent::new(id, version, stamp, body).into(),
            Bodies::Others(bodies) => ReadEvent::new(id, version, stamp, bodies),
        })
    }

    /// Turns a row into an event, or returns `None` if it is one of another aggregate than `E`'s.
    ///
    /// # Errors
    ///
    /// As [`to_domain`](Self::to_domain). A topic that belongs to `E`'s aggregate and that `E` does not know is an error: a
    /// newer program stored the event.
    pub fn to_domain_of<E: Event>(&self, row: &StoredEvent) -> Result<Option<ReadEvent<E>>, MapperError> {
        if Known::<E>::of_topic(&row.topic).is_none() && !is_of_aggregate(&row.topic, E::Aggregate::TOPIC) {
            return Ok(None);
        }
        self.to_domain(row).map(Some)
    }

    /// Reads the metadata of a row.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the metadata cannot be read.
    pub fn metadata(&self, row: &StoredEvent) -> Result<Metadata, MapperError> {
        let Some(metadata) = &row.metadata else {
            return Ok(Metadata::new());
        };
        let context = self.event_context(row, RecordKind::Metadata);
        let read = self.config.read(&context, metadata, PhantomData);
        read.map_err(|kind| MapperError::new(&context, kind))
    }
}

/// Returns the kind of fault of a topic that no event of the aggregate has.
fn unknown_topic(topic: &str, aggregate: &'static str) -> MapperErrorKind {
    match topic.rsplit_once('.') {
        Some((other, _)) if !is_of_aggregate(topic, aggregate) => MapperErrorKind::ForeignTopic {
            aggregate,
            other: other.to_owned(),
        },
        _ => MapperErrorKind::UnknownTopic { aggregate },
    }
}

/// Returns `true` if an event of the aggregate is stored under `topic`. That of a neighbour whose topic begins with the
/// aggregate's, such as `shop.Order.Line` beside `shop.Order`, has another full stop.
fn is_of_aggregate(topic: &str, aggregate: &str) -> bool {
    let name = topic.strip_prefix(aggregate).and_then(|rest| rest.strip_prefix('.'));
    name.is_some_and(|name| !name.contains('.'))
}
