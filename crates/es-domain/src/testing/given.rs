//! What a test begins with.

use uuid::Uuid;

use super::{Creation, Deterministic, Outcome, When};
use crate::{Aggregate, AggregateId, DomainEvent, OriginatorId, Stamp};

/// The events of an aggregate, before something is done to it.
#[derive(Debug)]
#[must_use = "a test goes on with `when`"]
pub struct Given<A: Aggregate> {
    id: A::Id,
    events: Vec<A::Event>,
}

/// No aggregate yet.
#[derive(Debug)]
#[must_use = "a test goes on with `when`"]
pub struct GivenNothing(());

/// Begins a test with an aggregate to which `events` have happened.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    Given {
        id: id_for_tests(),
        events: events.into_iter().collect(),
    }
}

/// Begins a test of a command that makes an aggregate.
pub const fn given_nothing() -> GivenNothing {
    GivenNothing(())
}

/// An ID of whichever kind the aggregate has.
fn id_for_tests<I: AggregateId>() -> I {
    let uuid = OriginatorId::Uuid(Uuid::from_u128(0x7000_8000_0000_0000_0000));
    I::from_originator_id(&uuid)
        .or_else(|| I::from_originator_id(&"given".into()))
        .unwrap_or_else(I::nil)
}

impl<A: Aggregate> Given<A> {
    /// Gives the aggregate this ID, where it matters.
    pub fn with_id(self, id: A::Id) -> Self {
        Self { id, ..self }
    }

    /// Does something to the aggregate.
    ///
    /// Times and IDs are the same each time, see [`Deterministic`].
    ///
    /// # Panics
    ///
    /// When the events do not follow from each other, or there are none.
    #[track_caller]
    pub fn when<R: Outcome>(self, command: impl FnOnce(&mut A) -> R) -> When<A, R::Error> {
        let deterministic = Deterministic::new();
        let mut aggregate = deterministic.run(|| self.replayed());
        let outcome = deterministic.run(|| command(&mut aggregate)).into_result();
        When::new(Some(aggregate), outcome)
    }

    #[track_caller]
    fn replayed(self) -> A {
        assert!(
            !self.events.is_empty(),
            "no event has made the aggregate: write `given_nothing().when(|| …)` to test what makes one"
        );
        let events = (1..).zip(self.events);
        let events = events.map(|(version, event)| DomainEvent::new(self.id.clone(), version, Stamp::now(), event));
        match A::replay(events) {
            Ok(Some(aggregate)) => aggregate,
            Ok(None) => panic!("the given events end the aggregate's life"),
            Err(error) => panic!("{}", chain(&error)),
        }
    }
}

impl GivenNothing {
    /// Makes an aggregate.
    ///
    /// Times and IDs are the same each time, see [`Deterministic`].
    pub fn when<C: Creation>(self, command: impl FnOnce() -> C) -> When<C::Aggregate, C::Error> {
        match Deterministic::new().run(command).into_aggregate() {
            Ok(aggregate) => When::new(Some(aggregate), Ok(())),
            Err(error) => When::new(None, Err(error)),
        }
    }
}

/// The error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
