//! The aggregates of one reaction.

mod held;
mod unit;

use std::{fmt, sync::Arc};

use es_application::{__private::Reordered, Application, ApplicationError, Changes, Recorded};
use es_domain::{Aggregate, AggregateId, OriginatorId};
use es_persistence::{RecorderError, Tracking};

pub use self::held::Held;
use self::unit::{Found, Unit};

/// What a policy works with: aggregates of its own application, which are saved together.
///
/// An aggregate is borrowed as a [`Held`] and goes back when that is dropped, with its pending events. The policy need not save
/// anything. An aggregate that is asked for again is as the policy has left it.
pub struct Processing {
    app: Application,
    unit: Arc<Unit>,
}

/// A policy cannot have an aggregate, or has made a mistake with one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessingError {
    /// The aggregate cannot be read.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// The policy has the aggregate already.
    #[error("aggregate {id} is held already: drop the first `Held` before you ask for the aggregate again")]
    InUse {
        /// The aggregate.
        id: OriginatorId,
    },
    /// The function of `get_or` has made another aggregate than the one that was asked for.
    #[error(
        "the aggregate that was made has the ID {made}, and {wanted} was asked for: give its initial event that ID"
    )]
    OtherId {
        /// The ID that was asked for.
        wanted: OriginatorId,
        /// The ID of the new aggregate.
        made: OriginatorId,
    },
    /// The policy has added two aggregates with one ID.
    #[error("aggregate {id} was collected, but the policy has an aggregate with that ID already: get that one instead")]
    CollectedTwice {
        /// The ID of both.
        id: OriginatorId,
    },
    /// The policy has returned, and something still holds the aggregate.
    #[error("aggregate {id} is held beyond the end of the policy: drop every `Held` before the policy returns")]
    StillHeld {
        /// The aggregate.
        id: OriginatorId,
    },
}

impl Processing {
    pub(crate) fn new(app: Application) -> Self {
        let unit = Arc::default();
        Self { app, unit }
    }

    /// Returns the aggregate as it was saved, or as the policy has left it.
    ///
    /// # Errors
    ///
    /// [`ProcessingError::Application`] when there is no such aggregate or it cannot be read, [`ProcessingError::InUse`] when the
    /// policy holds it already.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has changed nothing.
    pub async fn get<I: AggregateId>(&self, id: I) -> Result<Held<I::Aggregate>, ProcessingError> {
        let missing = ApplicationError::NotFound {
            aggregate: I::Aggregate::TOPIC,
            id: id.to_string(),
        };
        self.find(id).await?.ok_or_else(|| missing.into())
    }

    /// Returns the aggregate, or the one that `make` makes if there is none.
    ///
    /// # Errors
    ///
    /// [`ProcessingError::OtherId`] when `make` makes an aggregate with another ID; otherwise as [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has changed nothing.
    pub async fn get_or<I: AggregateId>(
        &self,
        id: I,
        make: impl FnOnce() -> I::Aggregate + Send,
    ) -> Result<Held<I::Aggregate>, ProcessingError> {
        let wanted = id.to_originator_id();
        if let Some(held) = self.find(id).await? {
            return Ok(held);
        }
        let aggregate = make();
        let actual = aggregate.id().to_originator_id();
        if actual != wanted {
            return Err(ProcessingError::OtherId { wanted, made: actual });
        }
        Ok(self.collect(aggregate))
    }

    /// Returns the aggregate as [`get`](Self::get) does, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), but for an aggregate that is missing.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has changed nothing.
    pub async fn find<I: AggregateId>(&self, id: I) -> Result<Option<Held<I::Aggregate>>, ProcessingError> {
        let originator = id.to_originator_id();
        match self.unit.take::<I::Aggregate>(&originator) {
            Found::Here(aggregate, index) => return Ok(Some(self.hold(aggregate, index))),
            Found::Discarded => return Ok(None),
            Found::InUse => return Err(ProcessingError::InUse { id: originator }),
            Found::Nowhere => {}
        }
        match self.app.repository().get(id).await {
            Ok(aggregate) => Ok(Some(self.collect(aggregate))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => {
                self.unit.note(&error);
                Err(error.into())
            }
        }
    }

    /// Adds an aggregate that the policy has made. It is saved with the others; the `Held` may be dropped at once.
    ///
    /// A policy that has an aggregate with the same ID already fails when it returns, with
    /// [`ProcessingError::CollectedTwice`].
    pub fn collect<A: Aggregate>(&self, aggregate: A) -> Held<A> {
        let index = self.unit.add::<A>(aggregate.id().to_originator_id());
        self.hold(aggregate, index)
    }

    /// Returns the application to which the aggregates belong, for reading.
    pub const fn application(&self) -> &Application {
        &self.app
    }

    fn hold<A: Aggregate>(&self, aggregate: A, index: usize) -> Held<A> {
        Held::new(aggregate, Arc::clone(&self.unit), index)
    }

    /// Ends the reaction to one event: everything that was lent must be back.
    pub(crate) fn end_reaction(&self) -> Result<(), ProcessingError> {
        self.unit.end_reaction()
    }

    /// The first error of the store that the policy was given: it is at fault, not the event.
    pub(crate) fn store_error(&self) -> Option<RecorderError> {
        self.unit.store_error()
    }

    /// Saves the aggregates, and `more` with them.
    pub(crate) async fn save(
        &self,
        more: Option<Box<dyn Changes + '_>>,
        tracking: Option<Tracking>,
    ) -> Result<Vec<Recorded>, ApplicationError> {
        let (mut touched, order) = self.unit.take_all();
        let changes = touched.iter_mut().map(|touched| touched.changes());
        // What has come of one event stands before what has come of the next, as if each had been saved alone.
        let changes = Reordered::new(changes.chain(more).collect::<Vec<_>>(), order);
        match tracking {
            Some(tracking) => self.app.save_with_tracking(changes, tracking).await,
            None => self.app.save(changes).await,
        }
    }
}

impl fmt::Debug for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processing")
            .field("app", &self.app.name())
            .finish_non_exhaustive()
    }
}
