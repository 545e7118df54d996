//! New aggregates whose ID is taken.

use es_domain::{Aggregate, AggregateId as _};
use es_persistence::{Conflict, MapperErrorKind};

use crate::{ApplicationError, Repository};

impl Repository {
    /// Moves the pending events of a new aggregate behind the discarded aggregate with the same ID, if the initial event revives it. Returns `true` if
    /// the pending events can then be saved, and `false` if `conflict` has another cause.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Discarded`] if the initial event revives nothing, [`ApplicationError::IdTaken`] if the ID is one
    /// of another type of aggregate, and those of reading.
    pub(crate) async fn revive<A: Aggregate>(
        &self,
        aggregate: &mut A,
        conflict: &Conflict,
    ) -> Result<bool, ApplicationError> {
        let id = aggregate.id();
        let first = aggregate.pending_events().first();
        let is_new = first.is_some_and(|first| first.originator_version() == 1);
        if !is_new || id.to_originator_id() != conflict.originator_id {
            return Ok(false);
        }
        let mut earlier: Option<A> = None;
        if let Err(error) = self.complete(&id, &mut earlier, u64::MAX).await {
            return Err(taken::<A>(&id, error, conflict));
        }
        let Some(earlier) = earlier.filter(|earlier| earlier.root().is_discarded()) else {
            return Ok(false);
        };
        if aggregate.revive_after(earlier.version(), earlier.head()) {
            return Ok(true);
        }
        Err(ApplicationError::Discarded {
            aggregate: A::TOPIC,
            id: id.to_string(),
            conflict: conflict.clone(),
        })
    }
}

/// The error if the stream has an event of another type of aggregate, else `error` itself.
fn taken<A: Aggregate>(id: &A::Id, error: ApplicationError, conflict: &Conflict) -> ApplicationError {
    match error {
        ApplicationError::Mapper(error) if matches!(error.kind(), MapperErrorKind::ForeignTopic { .. }) => {
            ApplicationError::IdTaken {
                aggregate: A::TOPIC,
                id: id.to_string(),
                topic: error.topic().to_owned(),
                conflict: conflict.clone(),
            }
        }
        error => error,
    }
}
