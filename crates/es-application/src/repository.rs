//! The aggregates that have been saved.

use es_domain::{Aggregate, AggregateId, Event};
use es_persistence::{EventStore, StreamSelection};

use crate::ApplicationError;

/// Finds aggregates by their IDs.
#[derive(Clone, Debug)]
pub struct Repository {
    store: EventStore,
}

impl Repository {
    pub(crate) const fn new(store: EventStore) -> Self {
        Self { store }
    }

    pub(crate) const fn store(&self) -> &EventStore {
        &self.store
    }

    /// The aggregate as it is now; its type is known from that of the ID.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::NotFound`] when it has not been saved or its life has ended; other errors when its events
    /// cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get<I: AggregateId>(&self, id: I) -> Result<I::Aggregate, ApplicationError> {
        self.get_at(id, u64::MAX).await
    }

    /// The aggregate as it was at `version`, or as it is now when it has not come so far.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); version 0 is that of no aggregate.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get_at<I: AggregateId>(&self, id: I, version: u64) -> Result<I::Aggregate, ApplicationError> {
        let select = |stream: StreamSelection| stream.lte(version);
        let read = self
            .store
            .get_after::<<I::Aggregate as Aggregate>::Event>(&id, None, select);
        let (events, head) = read.await?;
        let found = I::Aggregate::replay(events)?;
        let mut aggregate = found.ok_or_else(|| ApplicationError::not_found(&id))?;
        if let Some(head) = head {
            aggregate.set_head(head);
        }
        Ok(aggregate)
    }

    /// Whether the aggregate has been saved and its life has not ended.
    ///
    /// # Errors
    ///
    /// When the last event cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn contains<I: AggregateId>(&self, id: I) -> Result<bool, ApplicationError> {
        let select = |stream: StreamSelection| stream.descending().limit(1);
        let events = self
            .store
            .get::<<I::Aggregate as Aggregate>::Event>(&id, select)
            .await?;
        Ok(events.last().is_some_and(|event| !event.body().kind().is_discarding()))
    }
}
