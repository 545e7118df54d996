//! Events that are tied to those before them.

use std::borrow::Cow;

use es_domain::{Aggregate, AggregateId as _, DomainEvent, Event, EventHash, OriginatorId, ReadEvent};

use super::{ChainError, Mapper, MapperError, envelope::Envelope};
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
    pub fn chain_start(&self, originator_id: &OriginatorId) -> Result<EventHash, MapperError> {
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
        head: &mut EventHash,
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
    pub fn verify_after(&self, stored: &StoredEvent, head: &mut EventHash) -> Result<(), MapperError> {
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
        head: &mut EventHash,
    ) -> Result<ReadEvent<E>, MapperError> {
        self.to_domain_if(stored, |context, plain| {
            Ok(self.layers.chain()?.verify(context, head, plain)?)
        })
    }

    /// Adds the pending events of `aggregate` to `rows`, and returns the hash of the last one, for
    /// [`set_head`](es_domain::RootAccess::set_head) when they are stored.
    ///
    /// They are tied together if the aggregate's type has a [hash chain](Aggregate::HASH_CHAIN); otherwise, and when none
    /// is pending, there is no hash.
    ///
    /// # Errors
    ///
    /// As [`to_stored_after`](Self::to_stored_after), and when events of the aggregate were stored without hashes.
    pub fn pending_to_stored<A: Aggregate>(
        &self,
        aggregate: &A,
        rows: &mut Vec<StoredEvent>,
    ) -> Result<Option<EventHash>, MapperError> {
        let pending = aggregate.pending_events();
        let Some(first) = pending.first().filter(|_| A::HASH_CHAIN) else {
            let stored = pending.iter().map(|event| self.to_stored(event));
            rows.extend(stored.collect::<Result<Vec<_>, _>>()?);
            return Ok(None);
        };
        let id = first.originator_id().to_originator_id();
        let mut head = match aggregate.head() {
            Some(head) => head,
            None if first.originator_version() == 1 => self.chain_start(&id)?,
            None => {
                let context = self.context(RecordKind::Event, &id, first.originator_version(), first.topic());
                return Err(MapperError::new(&context, ChainError::NotChained.into()));
            }
        };
        for event in pending {
            rows.push(self.to_stored_after(event, &mut head)?);
        }
        Ok(Some(head))
    }

    /// Turns rows of one aggregate into events, and moves `head` from the hash before the first to that of the last.
    ///
    /// They are verified if the aggregate's type has a [hash chain](Aggregate::HASH_CHAIN) and they follow a hash: `head`,
    /// or the beginning if the first one has the version 1. Others are decoded only, and there is no head then.
    ///
    /// # Errors
    ///
    /// As [`to_domain_after`](Self::to_domain_after).
    pub fn stream_to_domain<E: Event>(
        &self,
        rows: &[StoredEvent],
        head: &mut Option<EventHash>,
    ) -> Result<Vec<ReadEvent<E>>, MapperError> {
        if let Some(first) = rows.first().filter(|row| row.originator_version == 1)
            && E::Aggregate::HASH_CHAIN
        {
            *head = Some(self.chain_start(&first.originator_id)?);
        }
        match head.as_mut().filter(|_| E::Aggregate::HASH_CHAIN) {
            Some(head) => rows.iter().map(|row| self.to_domain_after(row, head)).collect(),
            None => rows.iter().map(|row| self.to_domain(row)).collect(),
        }
    }

    fn chain(&self, context: &SealContext<'_>) -> Result<&super::HashChain, MapperError> {
        let chain = self.layers.chain();
        chain.map_err(|error| MapperError::new(context, error.into()))
    }
}
