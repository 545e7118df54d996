//! Domain events in and out of a recorder.

use std::sync::Arc;

use es_domain::{Aggregate, AggregateId, Event, ReadEvent, ReplayError};

use crate::{
    ApplicationRecorder, Mapper, MapperError, Notification, RecorderError, StoredEvent, StreamMapper, StreamSelection,
};

/// A recorder, and the mapper that writes and reads its rows.
#[derive(Clone, Debug)]
pub struct EventStore {
    recorder: Arc<dyn ApplicationRecorder>,
    mapper: Mapper,
}

/// Events cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum EventStoreError {
    /// The store fails, or refuses the events.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// An event cannot be turned into a row, or a row into an event.
    #[error(transparent)]
    Mapper(#[from] MapperError),
    /// An event does not follow from those before it.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl EventStore {
    /// Makes an event store of `recorder`, whose rows `mapper` writes and reads.
    #[must_use]
    pub const fn new(recorder: Arc<dyn ApplicationRecorder>, mapper: Mapper) -> Self {
        Self { recorder, mapper }
    }

    /// Returns the recorder.
    pub const fn recorder(&self) -> &Arc<dyn ApplicationRecorder> {
        &self.recorder
    }

    /// Returns the mapper.
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
            .map(|(position, event)| Notification::new(position, event))
            .collect())
    }

    /// Reads a part of one aggregate's events.
    ///
    /// A hash chain is verified if the selection begins with the first event; a part in the middle cannot be verified.
    ///
    /// # Errors
    ///
    /// [`EventStoreError`] when the store cannot be read, or an event cannot be decoded or is not authentic.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get<E: Event>(
        &self,
        id: &<E::Aggregate as Aggregate>::Id,
        select: impl FnOnce(StreamSelection) -> StreamSelection + Send,
    ) -> Result<Vec<ReadEvent<E>>, EventStoreError> {
        let selection = select(StreamSelection::of(id.to_originator_id()));
        let is_beginning = selection.lower() == 0 && !selection.is_descending();
        let rows = self.recorder.select_events(selection).await?;
        let mut stream = self.mapper.stream::<E::Aggregate>(id);
        let read = |row| {
            if is_beginning {
                stream.to_domain(row)
            } else {
                self.mapper.to_domain(row)
            }
        };
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Brings `aggregate` up to date: applies its events after its version, up to version `up_to`. `None` is the state before
    /// the first event. A hash chain is verified. Events are read in pages, so that memory does not grow with their number.
    ///
    /// # Errors
    ///
    /// [`EventStoreError`] when the store cannot be read, or an event cannot be decoded, is not authentic, or does not follow.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing in the store; the future may be dropped.
    pub async fn catch_up<A: Aggregate>(
        &self,
        id: &A::Id,
        aggregate: &mut Option<A>,
        up_to: u64,
    ) -> Result<(), EventStoreError> {
        let originator_id = id.to_originator_id();
        let mut version = aggregate.as_ref().map_or(0, A::version);
        let mut stream = self.stream(id, aggregate.as_ref());
        loop {
            let selection = StreamSelection::of(originator_id.clone())
                .after(version)
                .up_to(up_to)
                .limit(PAGE);
            let rows = self.recorder.select_events(selection).await?;
            self.follow(&mut stream, aggregate, &rows)?;
            match rows.last() {
                Some(last) if rows.len() == PAGE => version = last.originator_version,
                _ => return Ok(()),
            }
        }
    }

    /// Applies the rows that follow the version of `aggregate`.
    ///
    /// # Errors
    ///
    /// [`EventStoreError`] when a row cannot be decoded, is not authentic, or does not follow.
    pub fn apply<A: Aggregate>(
        &self,
        id: &A::Id,
        aggregate: &mut Option<A>,
        rows: &[StoredEvent],
    ) -> Result<(), EventStoreError> {
        self.follow(&mut self.stream(id, aggregate.as_ref()), aggregate, rows)
    }

    fn stream<A: Aggregate>(&self, id: &A::Id, aggregate: Option<&A>) -> StreamMapper<'_, A> {
        aggregate.map_or_else(
            || self.mapper.stream(id),
            |aggregate| self.mapper.stream_after(aggregate),
        )
    }

    fn follow<A: Aggregate>(
        &self,
        stream: &mut StreamMapper<'_, A>,
        aggregate: &mut Option<A>,
        rows: &[StoredEvent],
    ) -> Result<(), EventStoreError> {
        for row in rows {
            let applied = stream.to_domain(row)?.mutate(aggregate);
            applied.map_err(|error| self.withhold(error))?;
            if let (Some(aggregate), Some(head)) = (aggregate.as_mut(), stream.head()) {
                aggregate.set_head(head);
            }
        }
        Ok(())
    }

    /// Takes what the event's own code may quote out of an error, where states are confidential.
    fn withhold(&self, error: ReplayError) -> ReplayError {
        if self.mapper.config().is_confidential() {
            error.without_cause()
        } else {
            error
        }
    }
}

/// How many events of one aggregate are read at once.
const PAGE: usize = 1000;
