//! The aggregates that have been saved.

use std::collections::HashSet;

use es_domain::{Aggregate, AggregateId, Event};
use es_persistence::{EventStore, Notification, RecorderError, StoredEvent, StreamSelection};

use crate::{ApplicationError, cache::Cache, processed::Processed, snapshots::Snapshots};

/// Finds aggregates by their IDs.
#[derive(Clone, Debug)]
pub struct Repository {
    store: EventStore,
    snapshots: Option<Snapshots>,
    cache: Option<Cache>,
}

impl Repository {
    pub(crate) const fn new(store: EventStore, snapshots: Option<Snapshots>, cache: Option<Cache>) -> Self {
        Self {
            store,
            snapshots,
            cache,
        }
    }

    pub(crate) const fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    pub(crate) const fn snapshots(&self) -> Option<&Snapshots> {
        self.snapshots.as_ref()
    }

    pub(crate) const fn store(&self) -> &EventStore {
        &self.store
    }

    /// The aggregate as it is now; its type is known from that of the ID.
    ///
    /// With a cache (`AGGREGATE_CACHE_MAXSIZE`), a copy that was read or saved before is taken, if the type is `Clone`,
    /// and only the events that have come since are read; with `AGGREGATE_CACHE_FASTFORWARD=n` not even these: the
    /// aggregate may then be late, and a save of it a conflict, after which it is read anew.
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
        let Some(cache) = &self.cache else {
            return self.get_at(id, u64::MAX).await;
        };
        let mut aggregate = cache.get::<I::Aggregate>(&id);
        if aggregate.is_none() || cache.is_fast_forwarding() {
            self.complete(&id, &mut aggregate, u64::MAX).await?;
            if let Some(aggregate) = &aggregate {
                cache.put(aggregate);
            }
        }
        alive(&id, aggregate)
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
        let mut aggregate = None;
        self.complete(&id, &mut aggregate, version).await?;
        alive(&id, aggregate)
    }

    /// Brings `aggregate` up to date, up to `version`: from a snapshot if nothing is there yet, and from the events after it.
    pub(crate) async fn complete<A: Aggregate>(
        &self,
        id: &A::Id,
        aggregate: &mut Option<A>,
        version: u64,
    ) -> Result<(), ApplicationError> {
        if let (None, Some(snapshots)) = (&aggregate, &self.snapshots)
            && let Some(begun) = snapshots.read(id, version, PAGE).await?
        {
            let is_all = begun.events.len() + usize::from(begun.aggregate.is_some()) < PAGE;
            *aggregate = begun.aggregate;
            self.store.apply(id, aggregate, &begun.events)?;
            if is_all {
                return Ok(());
            }
        }
        Ok(self.store.catch_up(id, aggregate, version).await?)
    }

    /// Forgets the copy of the aggregate in the cache, if there is one: it is read anew next time. Needed after its events were
    /// changed by hand.
    #[expect(clippy::needless_pass_by_value, reason = "an ID is passed by value everywhere")]
    pub fn forget<I: AggregateId>(&self, id: I) {
        if let Some(cache) = &self.cache {
            cache.forget(&id.to_originator_id());
        }
    }

    pub(crate) async fn put(
        &self,
        events: Vec<StoredEvent>,
        processed: Option<&Processed>,
    ) -> Result<Vec<Notification>, RecorderError> {
        let Some(cache) = &self.cache else {
            return self.insert(events, processed).await;
        };
        let ids: HashSet<_> = events.iter().map(|event| event.originator_id.clone()).collect();
        let stored = self.insert(events, processed).await;
        if stored.is_err() {
            for id in &ids {
                cache.forget(id);
            }
        }
        stored
    }

    async fn insert(
        &self,
        events: Vec<StoredEvent>,
        processed: Option<&Processed>,
    ) -> Result<Vec<Notification>, RecorderError> {
        match processed {
            Some(processed) => processed.insert(events).await,
            None => self.store.put(events).await,
        }
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
        let mut upper = u64::MAX;
        loop {
            let select = |stream: StreamSelection| stream.up_to(upper).descending().limit(1);
            let events = self
                .store
                .get::<<I::Aggregate as Aggregate>::Event>(&id, select)
                .await?;
            let Some(last) = events.last() else { return Ok(false) };
            if let Some(body) = last.bodies().last() {
                return Ok(!body.kind().is_discarding());
            }
            // The event was dropped: the one before it tells.
            upper = last.originator_version() - 1;
        }
    }
}

/// The aggregate, unless there is none or its life is over.
fn alive<I: AggregateId>(id: &I, aggregate: Option<I::Aggregate>) -> Result<I::Aggregate, ApplicationError> {
    aggregate
        .filter(|aggregate| !aggregate.root().is_discarded())
        .ok_or_else(|| ApplicationError::not_found(id))
}

/// How many events are read together with a snapshot.
const PAGE: usize = 1000;
