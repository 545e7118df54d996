//! The end of a test: the expectations.

use std::fmt;

use super::{picture::Picture, table};
use crate::{Aggregate, DomainEvent, State, TriggerErrorKind};

/// The result of a command.
#[derive(Debug)]
#[must_use = "nothing is checked before `then`, `then_nothing`, `then_error`, `then_refused` or `then_state`"]
pub struct When<A, E> {
    /// `None` if the command has not made one.
    aggregate: Option<A>,
    /// `None` if there was no aggregate before the command.
    before: Option<Picture>,
    outcome: Result<(), E>,
}

/// An aggregate after a successful check.
#[derive(Debug)]
pub struct Then<A>(Option<A>);

impl<A: Aggregate, E: fmt::Debug> When<A, E> {
    pub(super) const fn new(aggregate: Option<A>, before: Option<Picture>, outcome: Result<(), E>) -> Self {
        Self {
            aggregate,
            before,
            outcome,
        }
    }

    /// Checks that the command has succeeded and has triggered exactly these events.
    ///
    /// # Panics
    ///
    /// If the command failed or triggered other events. The message shows both side by side.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) -> Then<A> {
        let expected: Vec<A::Event> = expected.into_iter().collect();
        if let Err(error) = &self.outcome {
            panic!("the command failed with {error:?}\n{}", self.beside(&expected));
        }
        if let Some(refusal) = self.aggregate.as_ref().and_then(|aggregate| aggregate.root().refusal()) {
            panic!("{refusal}\n{}", self.beside(&expected));
        }
        let actual = self.events();
        let is_same = expected.len() == actual.len()
            && expected
                .iter()
                .zip(&actual)
                .all(|(expected, actual)| is_same(expected, actual));
        assert!(
            is_same,
            "other events have come of the command\n{}",
            self.beside(&expected)
        );
        Then(self.aggregate)
    }

    /// Checks that the command has succeeded and has triggered no event.
    ///
    /// # Panics
    ///
    /// If the command failed or triggered an event.
    #[track_caller]
    pub fn then_nothing(self) -> Then<A> {
        self.then([])
    }

    /// Checks that the command has failed with `expected`, has triggered no event, and has left the aggregate as it was.
    ///
    /// The aggregate before and after is compared as a snapshot would keep it, if its type is `Serialize` and
    /// `Deserialize`, and as it prints, if its type is `Debug`. The state of a type that is neither is not compared.
    ///
    /// # Panics
    ///
    /// If the command succeeded, failed with another error, or changed the aggregate.
    #[track_caller]
    pub fn then_error(mut self, expected: E) -> Then<A>
    where
        E: PartialEq,
    {
        match &self.outcome {
            Err(actual) => assert!(
                *actual == expected,
                "the command failed with another error\n{}",
                table::side_by_side(&[expected], &[actual], |expected, actual| expected == *actual)
            ),
            Ok(()) => panic!(
                "the command was to fail with {expected:?}, and succeeded\n{}",
                self.beside(&[])
            ),
        }
        if let Some(change) = self.change() {
            panic!("{change}");
        }
        Then(self.aggregate)
    }

    /// Returns a message if the failed command has changed the aggregate.
    fn change(&mut self) -> Option<String> {
        if !self.events().is_empty() {
            let events = self.beside(&[]);
            return Some(format!(
                "the command failed as expected, but it has triggered events\n{events}"
            ));
        }
        let (aggregate, before) = self.aggregate.as_mut().zip(self.before.as_ref())?;
        let after = Picture::of(aggregate);
        (after != *before).then(|| {
            let (before, after) = (before.text(), after.text());
            format!(
                "the command failed as expected, but it has changed the aggregate\n  before: {before}\n  after:  {after}"
            )
        })
    }

    /// Checks that an event was refused because it could not happen in the state of the aggregate, such as an event after the
    /// end of its life.
    ///
    /// # Panics
    ///
    /// If no event was refused, or it was refused for another reason.
    #[track_caller]
    pub fn then_refused(self, expected: TriggerErrorKind) -> Then<A> {
        let refusal = self.aggregate.as_ref().and_then(|aggregate| aggregate.root().refusal());
        let actual = refusal.map(crate::TriggerError::kind);
        assert!(
            actual == Some(expected),
            "another refusal was expected\n{}",
            table::side_by_side(&[Some(expected)], &[actual], PartialEq::eq)
        );
        Then(self.aggregate)
    }

    /// Checks that the command has succeeded and calls `check` with the aggregate.
    ///
    /// # Panics
    ///
    /// If `check` panics or the command failed.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Then<A> {
        if let Err(error) = &self.outcome {
            panic!("the command failed with {error:?}");
        }
        Then(self.aggregate).then_state(check)
    }

    fn events(&self) -> Vec<&A::Event> {
        let events = self.aggregate.iter().flat_map(Aggregate::pending_events);
        events.map(DomainEvent::body).collect()
    }

    fn beside(&self, expected: &[A::Event]) -> String {
        table::side_by_side(expected, &self.events(), |expected, actual| is_same(expected, actual))
    }
}

impl<A> Then<A> {
    /// Calls `check` with the aggregate.
    ///
    /// # Panics
    ///
    /// If `check` panics, or there is no aggregate because the command that should have made it failed.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "everything has been checked")]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Self {
        match &self.0 {
            Some(aggregate) => check(aggregate),
            None => panic!("the command made no aggregate"),
        }
        self
    }
}

/// Returns `true` if both would be stored in the same way. Values that cannot be stored are compared by their `Debug` text.
fn is_same<E: serde::Serialize + fmt::Debug>(one: &E, other: &E) -> bool {
    match (State::from_value(one), State::from_value(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => format!("{one:?}") == format!("{other:?}"),
    }
}
