//! The aggregates that have been saved.

use es_domain::{Aggregate, AggregateId, Event};
use es_persistence::{EventStore, StreamSelection};

use crate::{ApplicationError, snapshots::Snapshots};

/// Finds aggregates by their IDs.
#[derive(Clone, Debug)]
pub struct Repository {
    store: EventStore,
    snapshots: Option<Snapshots>,
}

impl Repository {
    pub(crate) const fn new(store: EventStore, snapshots: Option<Snapshots>) -> Self {
        Self { store, snapshots }
    }

    pub(crate) const fn snapshots(&self) -> Option<&Snapshots> {
        self.snapshots.as_ref()
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
        let mut aggregate = match &self.snapshots {
            Some(snapshots) => snapshots.read(&id, version).await?,
            None => None,
        };
        self.catch_up(&id, &mut aggregate, version).await?;
        aggregate
            .filter(|aggregate: &I::Aggregate| !aggregate.root().is_discarded())
            .ok_or_else(|| ApplicationError::not_found(&id))
    }

    /// Moves `aggregate` on by its events up to `version`.
    async fn catch_up<A: Aggregate>(
        &self,
        id: &A::Id,
        aggregate: &mut Option<A>,
        version: u64,
    ) -> Result<(), ApplicationError> {
        let (begun, head) = aggregate
            .as_ref()
            .map_or((0, None), |aggregate| (aggregate.version(), aggregate.head()));
        let select = |stream: StreamSelection| stream.gt(begun).lte(version);
        let (events, head) = self.store.get_after::<A::Event>(id, head, select).await?;
        for event in events {
            event.mutate(aggregate)?;
        }
        if let Some((aggregate, head)) = aggregate.as_mut().zip(head) {
            aggregate.set_head(head);
        }
        Ok(())
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
