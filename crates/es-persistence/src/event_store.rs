//! Domain events in and out of a recorder.

use std::sync::Arc;

use es_domain::{Aggregate, AggregateId, Event, EventHash, ReadEvent};

use crate::{ApplicationRecorder, Mapper, MapperError, Notification, RecorderError, StoredEvent, StreamSelection};

/// A recorder and the mapper of what is in it.
#[derive(Clone, Debug)]
pub struct EventStore {
    recorder: Arc<dyn ApplicationRecorder>,
    mapper: Mapper,
}

/// Events cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum EventStoreError {
    /// The store fails, or refuses.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// An event cannot be turned into a row, or a row into an event.
    #[error(transparent)]
    Mapper(#[from] MapperError),
}

impl EventStore {
    /// The events in `recorder`, as `mapper` writes and reads them.
    #[must_use]
    pub const fn new(recorder: Arc<dyn ApplicationRecorder>, mapper: Mapper) -> Self {
        Self { recorder, mapper }
    }

    /// Where the events are.
    pub const fn recorder(&self) -> &Arc<dyn ApplicationRecorder> {
        &self.recorder
    }

    /// How they are written and read.
    pub const fn mapper(&self) -> &Mapper {
        &self.mapper
    }

    /// Stores events of any aggregates in one transaction, and returns them with their positions.
    ///
    /// # Errors
    ///
    /// As [`insert_events`](crate::AggregateRecorder::insert_events).
    ///
    /// # Cancel safety
    ///
    /// As [`insert_events`](crate::AggregateRecorder::insert_events): all of the events are stored or none.
    pub async fn put(&self, events: Vec<StoredEvent>) -> Result<Vec<Notification>, RecorderError> {
        let positions = self.recorder.insert_events(events.clone()).await?;
        let numbered = positions.into_iter().zip(events);
        Ok(numbered
            .map(|(position, event)| Notification { position, event })
            .collect())
    }

    /// Reads the events of one aggregate.
    ///
    /// # Errors
    ///
    /// [`EventStoreError`] when the store cannot be read, or an event cannot be decoded.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get<E: Event>(
        &self,
        id: &<E::Aggregate as Aggregate>::Id,
        select: impl FnOnce(StreamSelection) -> StreamSelection + Send,
    ) -> Result<Vec<ReadEvent<E>>, EventStoreError> {
        Ok(self.get_after(id, None, select).await?.0)
    }

    /// As [`get`](Self::get), for events that follow the one with the hash `head`, such as that of a snapshot; returns the
    /// hash of the last one as well, if the aggregate's type has a [hash chain](Aggregate::HASH_CHAIN).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and when the events are not those that were stored.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get_after<E: Event>(
        &self,
        id: &<E::Aggregate as Aggregate>::Id,
        mut head: Option<EventHash>,
        select: impl FnOnce(StreamSelection) -> StreamSelection + Send,
    ) -> Result<(Vec<ReadEvent<E>>, Option<EventHash>), EventStoreError> {
        let selection = select(StreamSelection::of(id.to_originator_id()));
        let stored = self.recorder.select_events(selection).await?;
        let events = self.mapper.stream_to_domain(&stored, &mut head)?;
        Ok((events, head))
    }
}
