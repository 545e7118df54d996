//! Names that the macros and the crates above use. They follow no version policy.

use std::sync::Arc;

use es_domain::{AggregateId, Metadata, Scope};
use es_persistence::{DecisionRecorder, EventQuery, Mapper, Notification};
pub use es_persistence::{MapperError, OriginatorId};

use crate::{Application, ApplicationError, Recorded};
pub use crate::{execute::Attempts, reordered::Reordered, turns::Turn};

/// Returns the ID as rows have it.
pub fn originator_id<I: AggregateId>(id: &I) -> OriginatorId {
    id.to_originator_id()
}

/// What es-dcb needs of an application.
pub trait Hooks {
    /// Returns the recorder of events with tags.
    fn decision_recorder(&self) -> impl Future<Output = Result<Arc<dyn DecisionRecorder>, ApplicationError>> + Send;

    /// The mapper of all events.
    fn mapper_of(&self) -> &Mapper;

    /// The metadata that are put on all events.
    fn metadata_of(&self) -> &Metadata;

    /// The clock and the ID source.
    fn scope_of(&self) -> &Scope;

    /// Returns what is in the log as users see it.
    fn recorded_of(&self, notifications: Vec<Notification>) -> Vec<Recorded>;

    /// Waits until no other decision of this process that had to be tried again is about the same.
    fn turn_at(&self, query: &EventQuery) -> impl Future<Output = Turn> + Send;
}

impl Hooks for Application {
    async fn decision_recorder(&self) -> Result<Arc<dyn DecisionRecorder>, ApplicationError> {
        Ok(self.datastore().decision_recorder().await?)
    }

    fn mapper_of(&self) -> &Mapper {
        self.store().mapper()
    }

    fn metadata_of(&self) -> &Metadata {
        self.metadata()
    }

    fn scope_of(&self) -> &Scope {
        self.scope()
    }

    fn recorded_of(&self, notifications: Vec<Notification>) -> Vec<Recorded> {
        self.recorded(notifications)
    }

    async fn turn_at(&self, query: &EventQuery) -> Turn {
        let mut ids: Vec<_> = query.items().iter().map(first_key).collect();
        ids.sort_unstable();
        ids.dedup();
        self.turns().wait(&ids).await
    }
}

/// What decisions with this item wait for: its first tag, or its topics. No aggregate has such an ID.
fn first_key(item: &es_persistence::QueryItem) -> OriginatorId {
    let key = match (item.tags().first(), item.topics()) {
        (Some(tag), _) => format!("tag {}", tag.text()),
        (None, Some(topics)) => format!("topics {:?} {:?}", topics.prefixes(), topics.exact_topics()),
        (None, None) => "everything".to_owned(),
    };
    OriginatorId::Text(key.into())
}
