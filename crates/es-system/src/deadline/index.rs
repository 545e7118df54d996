//! Which aggregates wait, and until when.

use std::{
    collections::{BTreeSet, HashMap},
    marker::PhantomData,
    sync::Arc,
};

use es_application::{Application, ApplicationError};
use es_domain::{AggregateId as _, Metadata, OriginatorId, ReadEvent, Timestamp};
use es_persistence::{BoxFuture, EventSet, Selection, Topics, Upstream as _};

use super::{Deadline, Deadlines, caught};
use crate::DeadlineError;

/// The deadlines of the aggregates of type `A` of one application.
pub(super) struct Index<A> {
    app: Application,
    topics: Topics,
    /// How far the log was read.
    reached: u64,
    queue: BTreeSet<(Timestamp, OriginatorId)>,
    waiting: HashMap<OriginatorId, Timestamp>,
    /// What has happened to these was read, and the aggregates were not.
    changed: BTreeSet<OriginatorId>,
    kind: PhantomData<fn() -> A>,
}

/// How many events are read at once.
const PAGE: usize = 1000;

impl<A: Deadline> Index<A> {
    pub(super) fn new(app: Application) -> Self {
        Self {
            app,
            topics: <A::Event as EventSet>::topics(),
            reached: 0,
            queue: BTreeSet::new(),
            waiting: HashMap::new(),
            changed: BTreeSet::new(),
            kind: PhantomData,
        }
    }

    async fn read(&mut self) -> Result<(), ApplicationError> {
        loop {
            let selection = Selection::after(self.reached).of_topics(self.topics.clone());
            let page = self.app.log().select_notifications(selection.limit(PAGE)).await?;
            let changed = page.notifications.into_iter();
            self.changed
                .extend(changed.map(|notification| notification.event.originator_id));
            if page.reached <= self.reached {
                break;
            }
            self.reached = page.reached;
        }
        let mut unreadable = None;
        while let Some(id) = self.changed.pop_first() {
            match self.ask(&id).await {
                Ok(due) => self.put(id, due),
                Err(error @ ApplicationError::Recorder(_)) => {
                    self.changed.insert(id);
                    return Err(error);
                }
                // It keeps no other aggregate from its deadline.
                Err(error) => unreadable = Some(error),
            }
        }
        unreadable.map_or(Ok(()), Err)
    }

    /// Asks the aggregate until when it waits.
    async fn ask(&self, id: &OriginatorId) -> Result<Option<Timestamp>, ApplicationError> {
        let Some(id) = A::Id::from_originator_id(id) else {
            return Ok(None);
        };
        match self.app.repository().get(id).await {
            Ok(aggregate) => Ok(aggregate.deadline()),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put(&mut self, id: OriginatorId, due: Option<Timestamp>) {
        let before = match due {
            Some(due) => {
                self.queue.insert((due, id.clone()));
                self.waiting.insert(id.clone(), due)
            }
            None => self.waiting.remove(&id),
        };
        if let Some(before) = before.filter(|before| Some(*before) != due) {
            self.queue.remove(&(before, id));
        }
    }

    /// Lets the aggregate expire if it still waits for a time that has come. Returns `false` if it waits for that after all.
    async fn expire(&self, id: A::Id, now: Timestamp) -> Result<bool, ApplicationError> {
        let is_due = |aggregate: &A| aggregate.deadline().is_some_and(|due| due <= now);
        let mut is_moved = true;
        let app = self.app.with_metadata(self.caused_by_last(id.clone()).await?);
        let expired = app.execute(id, |aggregate: &mut A| {
            if is_due(aggregate) {
                aggregate.expire();
                is_moved = !is_due(aggregate);
            }
        });
        match expired.await.map_err(ApplicationError::from) {
            Ok(_) => Ok(is_moved),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Metadata that says that what happens comes of the last event of the aggregate.
    async fn caused_by_last(&self, id: A::Id) -> Result<Metadata, ApplicationError> {
        let last = self.app.repository().history(id, |events| events.descending().limit(1));
        let last = last.await?.into_iter().flat_map(ReadEvent::into_domain_events).last();
        Ok(last.map_or_else(Metadata::new, |event| Metadata::caused_by(&event)))
    }
}

impl<A: Deadline> Deadlines for Index<A> {
    fn update(&mut self) -> BoxFuture<'_, Result<(), DeadlineError>> {
        let unread = |source| DeadlineError::Unread {
            aggregate: A::TOPIC,
            source: Arc::new(source),
        };
        let panicked = |message| DeadlineError::Panicked {
            aggregate: A::TOPIC,
            id: String::new(),
            message,
        };
        Box::pin(caught(async move { self.read().await.map_err(unread) }, panicked))
    }

    fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(due, _)| *due)
    }

    fn expire_next(&mut self, now: Timestamp) -> BoxFuture<'_, Result<bool, DeadlineError>> {
        Box::pin(async move {
            let Some((_, originator)) = self.queue.first().filter(|(due, _)| *due <= now).cloned() else {
                return Ok(false);
            };
            // If it fails, it is left alone until something happens to the aggregate.
            self.put(originator.clone(), None);
            let Some(id) = A::Id::from_originator_id(&originator) else {
                return Ok(true);
            };
            let (aggregate, text) = (A::TOPIC, id.to_string());
            let panicked = |message| DeadlineError::Panicked {
                aggregate,
                id: text.clone(),
                message,
            };
            let expiring = async {
                let is_moved = self.expire(id, now).await;
                is_moved.map_err(|source| DeadlineError::Application {
                    aggregate,
                    id: text.clone(),
                    source: Arc::new(source),
                })
            };
            match caught(expiring, panicked).await {
                Ok(true) => Ok(true),
                Ok(false) => Err(DeadlineError::Unmoved {
                    aggregate,
                    id: text.clone(),
                }),
                Err(error) => Err(error),
            }
        })
    }
}
