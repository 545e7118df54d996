//! Domain events to stored events and back.

mod chain;
mod chained;
mod configuration;
mod envelope;
mod error;
mod format;
pub mod import;
mod layers;
mod setting;
mod trouble;
mod variant;

use std::{borrow::Cow, sync::Arc};

use es_domain::{Aggregate, AggregateId, DomainEvent, Event, OriginatorId, ReadEvent};
use serde::{Serialize, de::DeserializeSeed};

pub use self::{
    chain::{ChainError, HashChain},
    error::{MapperError, MapperErrorKind},
    format::StateFormat,
};
use self::{
    envelope::{Envelope, EnvelopeSeed, Known},
    layers::Layers,
    trouble::Trouble,
};
use crate::{
    StoredEvent, Transcoder,
    cipher::{RecordKind, SealContext},
};

/// Turns events with types into rows of bytes, and rows back into events with types.
///
/// The state is an object with the fields `event_id`, `timestamp` and `body`; the body holds the fields of the event's
/// variant. Beside them stand the state's `version`, if it is not the first, and the `metadata`, if there are any. What the
/// row tells otherwise (ID, version, topic) is not in it. States of older versions are brought up to date by upcasters.
/// Unknown fields are ignored on reading, so that an older program reads what a newer one has written; a missing field is an
/// error unless it has a default.
///
/// A state is [transcoded](Transcoder), then [compressed](crate::Compressor), then [encrypted](crate::cipher::Cipher),
/// the latter two if so chosen, and says of itself what was done to it ([`StateFormat`]). So all that was ever written
/// can be read under any setting, except that encryption needs its keys. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Mapper {
    layers: Arc<Layers>,
}

/// Writes JSON as it is.
impl Default for Mapper {
    fn default() -> Self {
        Self::new(Transcoder::Json)
    }
}

impl Mapper {
    /// A mapper that writes states by `transcoder`.
    #[must_use]
    pub fn new(transcoder: Transcoder) -> Self {
        Self {
            layers: Arc::new(Layers::new(transcoder)),
        }
    }

    /// Turns `event` into a row.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the format cannot express a field, the event's kind has not the name of its variant, the
    /// state is too large, or it cannot be encrypted.
    pub fn to_stored<E: Event>(&self, event: &DomainEvent<E>) -> Result<StoredEvent, MapperError> {
        let originator_id = event.originator_id().to_originator_id();
        let (originator_version, topic) = (event.originator_version(), event.topic());
        let context = self.context(RecordKind::Event, &originator_id, originator_version, topic);
        let state = self.write_state(&context, &Envelope::of(event))?;
        Ok(StoredEvent {
            originator_id,
            originator_version,
            topic: Cow::Borrowed(topic),
            state,
        })
    }

    /// Turns a row into an event of an aggregate's type.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the topic is none of `E`'s, the ID is of another kind than the aggregate's, or the state
    /// cannot be decrypted or read.
    pub fn to_domain<E: Event>(&self, stored: &StoredEvent) -> Result<ReadEvent<E>, MapperError> {
        self.to_domain_if(stored, |_, _| Ok(()))
    }

    /// As [`to_domain`](Self::to_domain), if what was transcoded passes `check`.
    fn to_domain_if<E: Event>(
        &self,
        stored: &StoredEvent,
        check: impl FnOnce(&SealContext<'_>, &[u8]) -> Result<(), MapperErrorKind>,
    ) -> Result<ReadEvent<E>, MapperError> {
        let (originator_id, version) = (&stored.originator_id, stored.originator_version);
        let context = self.context(RecordKind::Event, originator_id, version, &stored.topic);
        let fail = |kind| MapperError::new(&context, kind);
        let aggregate = E::Aggregate::TOPIC;
        let known = Known::of_topic(&stored.topic).ok_or_else(|| fail(MapperErrorKind::UnknownTopic { aggregate }))?;
        let id = <E::Aggregate as Aggregate>::Id::from_originator_id(originator_id)
            .ok_or_else(|| fail(MapperErrorKind::WrongId { aggregate }))?;
        let plain = self.layers.open(&context, &stored.state).map_err(fail)?;
        check(&context, &plain).map_err(fail)?;
        let trouble = Trouble::default();
        let read = self.layers.read(EnvelopeSeed::<E>::new(known, &trouble), &plain);
        let (stamp, bodies) = read.map_err(|kind| trouble.explain(fail(kind)))?;
        Ok(ReadEvent::new(id, version, stamp, bodies))
    }

    /// As [`to_domain`](Self::to_domain), but `None` when the row is an event of another aggregate.
    ///
    /// # Errors
    ///
    /// [`MapperError`] as for [`to_domain`](Self::to_domain); a topic that begins with the aggregate's own, and that
    /// none of its events has, is an error and not `None`.
    pub fn to_domain_of<E: Event>(&self, stored: &StoredEvent) -> Result<Option<ReadEvent<E>>, MapperError> {
        let is_own = || {
            stored
                .topic
                .strip_prefix(E::Aggregate::TOPIC)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        if Known::<E>::of_topic(&stored.topic).is_none() && !is_own() {
            return Ok(None);
        }
        self.to_domain(stored).map(Some)
    }

    /// Where a state of this mapper's application belongs, which is what encryption binds it to.
    pub fn context<'a>(
        &'a self,
        kind: RecordKind,
        originator_id: &'a OriginatorId,
        originator_version: u64,
        topic: &'a str,
    ) -> SealContext<'a> {
        SealContext {
            application: &self.layers.application,
            kind,
            originator_id,
            originator_version,
            topic,
        }
    }

    /// Turns any value into a state, as snapshots need it.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the format cannot express the value, the state is too large, or it cannot be encrypted.
    pub fn write_state<T: Serialize + ?Sized>(
        &self,
        context: &SealContext<'_>,
        value: &T,
    ) -> Result<Vec<u8>, MapperError> {
        let written = self.layers.write(context, None, value);
        written.map_err(|kind| MapperError::new(context, kind))
    }

    /// Turns a state into the value that `seed` describes, such as `PhantomData::<T>`.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when it cannot be decrypted, decompressed or read as such a value.
    pub fn read_state<S, T>(&self, context: &SealContext<'_>, state: &[u8], seed: S) -> Result<T, MapperError>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        let fail = |kind| MapperError::new(context, kind);
        let plain = self.layers.open(context, state).map_err(fail)?;
        self.layers.read(seed, &plain).map_err(fail)
    }
}
