//! The events of one aggregate, in order.

use std::marker::PhantomData;

use es_domain::{Aggregate, AggregateId, DomainEvent, EventHash, OriginatorId, ReadEvent};

use super::{ChainError, HashChain, Mapper, MapperError, chain::ChainHead};
use crate::{
    StoredEvent,
    cipher::{RecordKind, SealContext},
};

/// Maps the events of one aggregate one after another, and follows their hash chain.
///
/// For an aggregate without a hash chain it does what [`Mapper::to_stored`] and [`Mapper::to_domain`] do. For a chained one
/// it links what is written, and verifies what is read.
#[derive(Debug)]
pub struct StreamMapper<'a, A> {
    mapper: &'a Mapper,
    /// How far the chain has been followed; `None` for an aggregate that is not chained, or whose head is not known.
    head: Option<ChainHead>,
    /// For an aggregate that is not chained, the hash of a stored event that has one.
    undeclared: Option<ChainHead>,
    aggregate: PhantomData<fn() -> A>,
}

impl Mapper {
    /// Begins before the first event of the aggregate `id`.
    pub fn stream<A: Aggregate>(&self, id: &A::Id) -> StreamMapper<'_, A> {
        let start = || {
            self.config
                .chain
                .start(&self.config.application, &id.to_originator_id())
        };
        StreamMapper {
            mapper: self,
            head: A::HASH_CHAIN.then(start),
            undeclared: None,
            aggregate: PhantomData,
        }
    }

    /// Goes on after the last stored event of `aggregate`.
    pub fn stream_after<A: Aggregate>(&self, aggregate: &A) -> StreamMapper<'_, A> {
        let stream = self.stream(&aggregate.id());
        let stored = aggregate.version() - aggregate.pending_events().len() as u64;
        match aggregate.head() {
            None if stored == 0 => stream,
            head if A::HASH_CHAIN => StreamMapper {
                head: head.map(ChainHead::resume),
                ..stream
            },
            head => StreamMapper {
                undeclared: head.map(ChainHead::resume),
                ..stream
            },
        }
    }

    /// Turns the pending events of `aggregate` into rows, which are added to `rows`. Returns the head of the chain after the last
    /// one for a chained aggregate.
    ///
    /// # Errors
    ///
    /// As [`StreamMapper::to_stored`].
    pub fn pending_to_stored<A: Aggregate>(
        &self,
        aggregate: &A,
        rows: &mut Vec<StoredEvent>,
    ) -> Result<Option<EventHash>, MapperError> {
        let pending = aggregate.pending_events();
        let mut stream = self.stream_after(aggregate);
        rows.reserve(pending.len());
        for event in pending {
            rows.push(stream.to_stored(event)?);
        }
        Ok(stream.head())
    }
}

impl<A: Aggregate> StreamMapper<'_, A> {
    /// Turns the next event into a row.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event cannot be written, or when stored events of the aggregate are chained and its type is
    /// not.
    pub fn to_stored(&mut self, event: &DomainEvent<A::Event>) -> Result<StoredEvent, MapperError> {
        let mut row = self.mapper.to_stored(event)?;
        let chain = &self.mapper.config.chain;
        match &mut self.head {
            Some(head) => chain.seal(head, &mut row),
            None if A::HASH_CHAIN => return Err(self.mapper.fail(&row, ChainError::NotChained.into())),
            None if self.undeclared.is_some() && !chain.accepts_interruptions() => {
                return Err(self.mapper.fail(&row, ChainError::NotDeclared.into()));
            }
            None => {}
        }
        Ok(row)
    }

    /// Turns the next row into an event. A row of a chained aggregate is verified first.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the row cannot be read, or is not what was stored after the row before it.
    pub fn to_domain(&mut self, row: &StoredEvent) -> Result<ReadEvent<A::Event>, MapperError> {
        self.verify(row)?;
        self.mapper.to_domain(row)
    }

    /// Verifies the next row of a chained aggregate, and reads nothing of its state.
    ///
    /// # Errors
    ///
    /// [`MapperError`] with a [`ChainError`] when the row is not what was stored after the row before it.
    pub fn verify(&mut self, row: &StoredEvent) -> Result<(), MapperError> {
        match &mut self.head {
            Some(head) => {
                let verified = self.mapper.config.chain.verify(head, row);
                verified.map_err(|error| self.mapper.fail(row, error.into()))
            }
            None if A::HASH_CHAIN => Err(self.mapper.fail(row, ChainError::NotChained.into())),
            None => {
                self.undeclared = HashChain::claimed(row).or(self.undeclared);
                Ok(())
            }
        }
    }

    /// Returns the head of the chain after the last event, if the stored events are chained.
    pub fn head(&self) -> Option<EventHash> {
        self.head.or(self.undeclared).map(ChainHead::to_hash)
    }
}

impl Mapper {
    pub(crate) fn fail(&self, row: &StoredEvent, kind: super::MapperErrorKind) -> MapperError {
        MapperError::new(&self.event_context(row, RecordKind::Event), kind)
    }

    pub(super) fn event_context<'a>(&'a self, row: &'a StoredEvent, kind: RecordKind) -> SealContext<'a> {
        SealContext::of_event(&self.config.application, row, kind)
    }

    /// Returns the head of the chain after the event in `row`, as the row's link claims it. The link is not verified.
    pub fn claimed_head(&self, row: &StoredEvent) -> Option<EventHash> {
        HashChain::claimed(row).map(ChainHead::to_hash)
    }

    /// Returns the head of the chain before the first event of an aggregate of this application.
    pub fn chain_start(&self, originator_id: &OriginatorId) -> EventHash {
        self.config
            .chain
            .start(&self.config.application, originator_id)
            .to_hash()
    }
}
