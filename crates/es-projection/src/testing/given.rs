//! Given these events, expect this read model.

use std::{collections::HashMap, fmt::Debug};

use es_domain::{Aggregate, AggregateId, Event, Stamp, Timestamp};
use es_persistence::{BoxError, EventSet, OriginatorId, Recorded};
use uuid::Uuid;

use crate::{Projection, ReadModel};

/// Begins a test of a read model with events: bodies alone, or each with the ID of its aggregate before it.
///
/// Positions begin with 1; versions are counted for each aggregate. Events without an ID belong to one aggregate. IDs and times
/// are the same in each run.
///
/// ```
/// use es_projection::{prelude::*, testing::given};
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// # }
///
/// #[derive(Debug, Default, PartialEq)]
/// struct Names(Vec<String>);
///
/// impl ReadModel for Names {
///     type Events = DogEvent;
///
///     fn apply(&mut self, event: &Recorded<DogEvent>) {
///         let DogEvent::Registered { name } = event.body();
///         self.0.push(name.clone());
///     }
/// }
///
/// given([DogEvent::Registered { name: "Fido".into() }])
///     .project(Names::default())
///     .expect(Names(vec!["Fido".into()]));
/// ```
pub fn given<S: EventSet, G: GivenEvent<S>>(events: impl IntoIterator<Item = G>) -> Given<S> {
    let mut versions = HashMap::new();
    let recorded = (1_u32..).zip(events).map(|(position, event)| {
        let (id, body) = event.into_parts();
        let version = versions
            .entry(id.clone())
            .and_modify(|version| *version += 1)
            .or_insert(1);
        let time = Timestamp::from_micros((START + i64::from(position)) * 1_000_000);
        // No number of 32 bits is a second after the year 9999.
        let stamp = Stamp::new(Uuid::from_u128(position.into()), time.unwrap_or(Timestamp::UNIX_EPOCH));
        Recorded::new(position.into(), id, *version, &stamp, body)
    });
    Given {
        events: recorded.collect(),
    }
}

/// 2000-01-01T00:00:00Z, in seconds.
const START: i64 = 946_684_800;

/// The aggregate of events that are given without an ID.
const SOME_AGGREGATE: OriginatorId = OriginatorId::Uuid(Uuid::from_u128(0x7000_8000_0000_0000_0001));

/// An event of a test: a body alone, or the ID of its aggregate and the body.
pub trait GivenEvent<S: EventSet> {
    /// Returns the ID of the aggregate, and the body.
    fn into_parts(self) -> (OriginatorId, S);
}

impl<S: EventSet> GivenEvent<S> for S {
    fn into_parts(self) -> (OriginatorId, S) {
        (self.originator().unwrap_or(SOME_AGGREGATE), self)
    }
}

impl<E: Event> GivenEvent<E> for (<E::Aggregate as Aggregate>::Id, E) {
    fn into_parts(self) -> (OriginatorId, E) {
        (self.0.to_originator_id(), self.1)
    }
}

/// Events that have happened.
#[derive(Debug)]
#[must_use = "a test goes on with `project` or `project_into`"]
pub struct Given<S> {
    pub(super) events: Vec<Recorded<S>>,
}

impl<S: EventSet> Given<S> {
    /// Shows the events to a model in memory.
    pub fn project<M: ReadModel<Events = S>>(self, mut model: M) -> Projected<M> {
        self.events.iter().for_each(|event| model.apply(event));
        Projected(model)
    }

    /// Makes the tables of a projection by `connection` and shows it the events. Returns the connection, to be looked at.
    ///
    /// # Errors
    ///
    /// The error of the projection.
    ///
    /// # Cancel safety
    ///
    /// The connection is dropped together with the future.
    pub async fn project_into<C: Send + 'static>(
        self,
        mut connection: C,
        projection: impl Projection<C, Events = S>,
    ) -> Result<C, BoxError> {
        projection.create(&mut connection).await?;
        projection.project_all(&self.events, &mut connection).await?;
        Ok(connection)
    }

    /// The events as a projection sees them.
    pub fn events(&self) -> &[Recorded<S>] {
        &self.events
    }
}

/// What has come of the events.
#[derive(Debug)]
#[must_use = "nothing is checked before `expect` or `then`"]
pub struct Projected<M>(M);

impl<M> Projected<M> {
    /// Compares the model with the expected one.
    ///
    /// # Panics
    ///
    /// When the two differ.
    #[expect(clippy::needless_pass_by_value, reason = "tests write the expected model in place")]
    #[track_caller]
    pub fn expect(self, expected: M)
    where
        M: Debug + PartialEq,
    {
        assert_eq!(self.0, expected, "the read model is not as expected");
    }

    /// Looks at the model, with assertions.
    #[track_caller]
    pub fn then(self, check: impl FnOnce(&M)) {
        check(&self.0);
    }
}
