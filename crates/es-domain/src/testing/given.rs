//! The beginning of a test: the events that have happened.

use std::fmt;

use uuid::Uuid;

use super::{Deterministic, When, picture::Picture};
use crate::{Aggregate, AggregateId, DomainEvent, OriginatorId, Outcome, Stamp};

/// The events of an aggregate before the command under test.
#[derive(Debug)]
#[must_use = "a test goes on with `when`"]
pub struct Given<A: Aggregate> {
    id: A::Id,
    events: Vec<A::Event>,
}

/// The beginning of a test of a command that makes an aggregate.
#[derive(Debug)]
#[must_use = "a test goes on with `when`"]
pub struct GivenNothing(());

/// Begins a test with an aggregate that has these `events`.
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

/// Returns an ID of the kind that the aggregate has.
fn id_for_tests<I: AggregateId>() -> I {
    let uuid = OriginatorId::Uuid(Uuid::from_u128(0x7000_8000_0000_0000_0000));
    let text = OriginatorId::of_text::<I::Aggregate>("given");
    I::from_originator_id(&uuid)
        .or_else(|| I::from_originator_id(&text))
        .or_else(|| I::from_originator_id(&"given".into()))
        .unwrap_or_else(I::nil)
}

impl<A: Aggregate> Given<A> {
    /// Sets the ID of the aggregate, for tests in which it matters.
    pub fn with_id(self, id: A::Id) -> Self {
        Self { id, ..self }
    }

    /// Calls `command` with the aggregate.
    ///
    /// Times and IDs are the same each time, see [`Deterministic`].
    ///
    /// # Panics
    ///
    /// If the aggregate cannot be made from the events, or there are no events.
    #[track_caller]
    pub fn when<R>(self, command: impl FnOnce(&mut A) -> R) -> When<A, R::Error>
    where
        R: Outcome<Error: fmt::Debug>,
    {
        let deterministic = Deterministic::new();
        let mut aggregate = match deterministic.run(|| self.replayed()) {
            Ok(aggregate) => aggregate,
            Err(message) => panic!("{message}"),
        };
        let before = Picture::of(&mut aggregate);
        let outcome = deterministic.run(|| command(&mut aggregate)).into_result();
        When::new(Some(aggregate), Some(before), outcome.map(drop))
    }

    /// Returns the aggregate, or the reason why the given events do not make one.
    fn replayed(self) -> Result<A, String> {
        if self.events.is_empty() {
            let advice = "write `given_nothing().when(|| …)` to test what makes one";
            return Err(format!("no event has made the aggregate: {advice}"));
        }
        let events = (1..).zip(self.events);
        let events = events.map(|(version, event)| DomainEvent::new(self.id.clone(), version, Stamp::now(), event));
        match A::replay(events) {
            Ok(Some(aggregate)) => Ok(aggregate),
            Ok(None) => Err("the given events end the aggregate's life".to_owned()),
            Err(error) => Err(chain(&error)),
        }
    }
}

impl GivenNothing {
    /// Calls `command`, which makes an aggregate.
    ///
    /// Times and IDs are the same each time, see [`Deterministic`].
    pub fn when<R>(self, command: impl FnOnce() -> R) -> When<R::Value, R::Error>
    where
        R: Outcome<Value: Aggregate, Error: fmt::Debug>,
    {
        match Deterministic::new().run(command).into_result() {
            Ok(aggregate) => When::new(Some(aggregate), None, Ok(())),
            Err(error) => When::new(None, None, Err(error)),
        }
    }
}

/// Returns the text of the error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
