//! Tests of policies without a database: given these events, expect those.
//!
//! Whole systems are tested by a [`SingleThreadedRunner`](crate::SingleThreadedRunner) in memory.

use std::fmt::Debug;

use es_application::{Application, Environment};
use es_domain::{Aggregate, AggregateId, Event, State};
use es_persistence::{BoxError, EventSet, Recorded};
use es_projection::testing as projection;

use crate::{ProcessApplication, process::Policy, worker::react_once};

pub use es_projection::testing::GivenEvent;

/// What can happen to the aggregate that an ID names.
type EventOf<I> = <<I as AggregateId>::Aggregate as Aggregate>::Event;

/// Begins a test of a policy with events that have happened elsewhere: bodies alone, or each with the ID of its aggregate before
/// it.
///
/// Positions begin with 1; versions are counted for each aggregate. Events without an ID belong to one aggregate. IDs and times of
/// these events are the same in each run.
///
/// ```
/// use es_system::{prelude::*, testing::given};
/// # use es_domain::{Uuid, prelude::*};
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// #     #[event(TrickAdded)]
/// #     pub fn add_trick(&mut self, trick: &str) {}
/// # }
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Counter { root: Root<Self>, count: u64 }
/// # #[events]
/// # impl Counter {
/// #     #[event(Started, id = Self::id_for(trick))]
/// #     pub fn start(trick: &str) -> Self { Self::default() }
/// #     #[event(Incremented)]
/// #     pub fn increment(&mut self) { self.count += 1; }
/// #     pub fn id_for(trick: &str) -> Id<Self> { Id::named(Uuid::NAMESPACE_OID, trick) }
/// # }
/// # struct Counters;
/// # impl ProcessApplication for Counters {
/// #     type Events = DogEvent;
/// #     const NAME: &str = "Counters";
/// #     async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
/// #         if let DogEvent::TrickAdded { trick } = event.body() {
/// #             processing.get_or(Counter::id_for(trick), || Counter::start(trick)).await?.increment();
/// #         }
/// #         Ok(())
/// #     }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// given([DogEvent::TrickAdded { trick: "sit".into() }])
///     .policy(Counters)
///     .await?
///     .then(Counter::id_for("sit"), [CounterEvent::Started { trick: "sit".into() }, CounterEvent::Incremented {}])
///     .then_nothing_else();
/// # Ok(())
/// # }
/// ```
pub fn given<S: EventSet, G: GivenEvent<S>>(events: impl IntoIterator<Item = G>) -> Given<S> {
    Given(projection::given(events))
}

/// Events that have happened elsewhere.
#[derive(Debug)]
#[must_use = "a test goes on with `policy`"]
pub struct Given<S>(projection::Given<S>);

impl<S: EventSet> Given<S> {
    /// Lets the policy react to each of the events, in an application in memory.
    ///
    /// # Errors
    ///
    /// The error of the policy, or a [`ProcessingError`](crate::ProcessingError) when it has made a mistake with an aggregate.
    ///
    /// # Cancel safety
    ///
    /// Everything is dropped together with the future.
    pub async fn policy<P: ProcessApplication<Events = S>>(self, process: P) -> Result<Reacted, BoxError> {
        let app = Application::builder(P::NAME).environment(Environment::new(P::NAME));
        let app = app.open().await?;
        let (policy, mut events) = (Policy(process), Vec::new());
        for event in self.0.events() {
            events.extend(react_once(&policy, event, &app).await?);
        }
        Ok(Reacted { events })
    }
}

/// The events that have come of the given ones.
#[derive(Debug)]
pub struct Reacted {
    /// Those that were not compared yet.
    events: Vec<Recorded>,
}

impl Reacted {
    /// Checks that these events, and no others, have happened to the aggregate. They are compared as they would be stored.
    ///
    /// # Panics
    ///
    /// When others have.
    #[expect(clippy::needless_pass_by_value, reason = "an ID is passed by value everywhere")]
    #[expect(clippy::return_self_not_must_use, reason = "everything has been checked")]
    #[track_caller]
    pub fn then<I: AggregateId>(mut self, id: I, expected: impl IntoIterator<Item = EventOf<I>>) -> Self {
        let originator = id.to_originator_id();
        let own = self.events.extract_if(.., |event| *event.originator() == originator);
        let actual: Vec<_> = own.flat_map(|event| bodies::<EventOf<I>>(&event)).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        let is_same = actual.len() == expected.len()
            && actual
                .iter()
                .zip(&expected)
                .all(|(actual, expected)| is_same(actual, expected));
        assert!(
            is_same,
            "other events have happened to {id}\nexpected: {expected:#?}\nactual: {actual:#?}"
        );
        self
    }

    /// Checks that nothing has happened to aggregates that were not looked at.
    ///
    /// # Panics
    ///
    /// When something has.
    #[track_caller]
    pub fn then_nothing_else(self) {
        let others = self.events.iter();
        let others: Vec<_> = others
            .map(|event| format!("{} of {}", event.topic(), event.originator()))
            .collect();
        assert!(others.is_empty(), "more has happened: {}", others.join(", "));
    }

    /// Checks that nothing has happened.
    ///
    /// # Panics
    ///
    /// When something has.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then_nothing_else();
    }
}

/// What happened, by an event of an aggregate of the right type; an event of another type has none.
fn bodies<E: Event>(event: &Recorded) -> Vec<E> {
    let decoded = event.decode_all::<E>().unwrap_or_else(|error| panic!("{error}"));
    assert!(
        !decoded.is_empty(),
        "{} happened to an aggregate of another type",
        event.topic()
    );
    decoded.into_iter().map(Recorded::into_body).collect()
}

/// Whether both would be stored in the same way; what cannot be stored is compared by what it prints.
fn is_same<E: Event + Debug>(one: &E, other: &E) -> bool {
    match (State::from_value(one), State::from_value(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => format!("{one:?}") == format!("{other:?}"),
    }
}
