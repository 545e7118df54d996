//! Domain events to stored events and back.

mod configuration;
mod envelope;
mod error;
mod format;
mod layers;
mod setting;
mod variant;

use std::{borrow::Cow, sync::Arc};

use es_domain::{Aggregate, AggregateId, DomainEvent, Event, OriginatorId};
use serde::{Serialize, de::DeserializeSeed};

use self::{
    envelope::{Envelope, EnvelopeSeed},
    layers::Layers,
};
pub use self::{
    error::{MapperError, MapperErrorKind},
    format::StateFormat,
};
use crate::{
    StoredEvent, Transcoder,
    cipher::{RecordKind, SealContext},
};

/// Turns events with types into rows of bytes, and rows back into events with types.
///
/// The state is an object with the fields `event_id`, `timestamp` and `body`; the body holds the fields of the event's
/// variant. What the row tells otherwise (ID, version, topic) is not in it. Unknown fields are ignored on reading, so
/// that an older program reads what a newer one has written; a missing field is an error unless it has a default.
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
    pub fn to_domain<E: Event>(&self, stored: &StoredEvent) -> Result<DomainEvent<E>, MapperError> {
        let (originator_id, version) = (&stored.originator_id, stored.originator_version);
        let context = self.context(RecordKind::Event, originator_id, version, &stored.topic);
        let aggregate = E::Aggregate::TOPIC;
        let kind = E::kind_of_topic(&stored.topic)
            .ok_or_else(|| MapperError::new(&context, MapperErrorKind::UnknownTopic { aggregate }))?;
        let id = <E::Aggregate as Aggregate>::Id::from_originator_id(originator_id)
            .ok_or_else(|| MapperError::new(&context, MapperErrorKind::WrongId { aggregate }))?;
        let (stamp, body) = self.read_state(&context, &stored.state, EnvelopeSeed::<E>::new(kind))?;
        Ok(DomainEvent::new(id, version, stamp, body))
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

    /// Where a state of this mapper's application belongs, which is what encryption binds it to.
    pub fn context<'a>(
        &'a self,
        kind: RecordKind,
        originator_id: &'a OriginatorId,
        originator_version: u64,
        topic: &'a str,
    ) -> SealContext<'a> {
        SealContext {
            application: self.layers.application(),
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
    pub fn write_state<T: Serialize>(&self, context: &SealContext<'_>, value: &T) -> Result<Vec<u8>, MapperError> {
        let written = self.layers.write(context, value);
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
