//! Events that are tied to those before them.

use std::borrow::Cow;

use es_domain::{AggregateId as _, DomainEvent, Event, OriginatorId};

use super::{ChainHash, Mapper, MapperError, envelope::Envelope};
use crate::{
    StoredEvent,
    cipher::{RecordKind, SealContext},
};

impl Mapper {
    /// What the first event of an aggregate follows.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the mapper has no [chain](Self::with_hash_chain).
    pub fn chain_start(&self, originator_id: &OriginatorId) -> Result<ChainHash, MapperError> {
        let context = self.context(RecordKind::Event, originator_id, 0, "");
        let chain = self.chain(&context)?;
        Ok(chain.start(&self.layers.application, originator_id))
    }

    /// As [`to_stored`](Self::to_stored), and ties the row to the one before it: `head` is that one's hash before, and
    /// this one's after.
    ///
    /// # Errors
    ///
    /// As [`to_stored`](Self::to_stored), and when the mapper has no [chain](Self::with_hash_chain). `head` is then of no
    /// use.
    pub fn to_stored_after<E: Event>(
        &self,
        event: &DomainEvent<E>,
        head: &mut ChainHash,
    ) -> Result<StoredEvent, MapperError> {
        let originator_id = event.originator_id().to_originator_id();
        let (originator_version, topic) = (event.originator_version(), event.topic());
        let context = self.context(RecordKind::Event, &originator_id, originator_version, topic);
        let written = self.layers.write(&context, Some(head), &Envelope::of(event));
        let state = written.map_err(|kind| MapperError::new(&context, kind))?;
        Ok(StoredEvent {
            originator_id,
            originator_version,
            topic: Cow::Borrowed(topic),
            state,
        })
    }

    /// Finds out whether a row is what was stored after the one before it: `head` is that one's hash before, and this
    /// one's after. Nothing of the row has been decoded before.
    ///
    /// # Errors
    ///
    /// [`MapperError`] of the kind [`Chain`](super::MapperErrorKind::Chain) when it is not; others when the state cannot
    /// be decrypted or decompressed. `head` is left as it was.
    pub fn verify_after(&self, stored: &StoredEvent, head: &mut ChainHash) -> Result<(), MapperError> {
        let (id, version) = (&stored.originator_id, stored.originator_version);
        let context = self.context(RecordKind::Event, id, version, &stored.topic);
        let fail = |kind| MapperError::new(&context, kind);
        let plain = self.layers.open(&context, &stored.state).map_err(fail)?;
        let verified = self.chain(&context)?.verify(&context, head, &plain);
        verified.map_err(|error| fail(error.into()))
    }

    /// As [`to_domain`](Self::to_domain), after [`verify_after`](Self::verify_after).
    ///
    /// # Errors
    ///
    /// Those of both. `head` has moved on when the row is what was stored and only cannot be read.
    pub fn to_domain_after<E: Event>(
        &self,
        stored: &StoredEvent,
        head: &mut ChainHash,
    ) -> Result<DomainEvent<E>, MapperError> {
        self.to_domain_if(stored, |context, plain| {
            Ok(self.layers.chain()?.verify(context, head, plain)?)
        })
    }

    fn chain(&self, context: &SealContext<'_>) -> Result<&super::HashChain, MapperError> {
        let chain = self.layers.chain();
        chain.map_err(|error| MapperError::new(context, error.into()))
    }
}
