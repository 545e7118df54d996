//! What a test ends with.

use std::fmt;

use es_domain::State;

use crate::TaggedEvent;

/// What has come of a decision.
#[derive(Debug)]
#[must_use = "nothing is checked before `then`, `then_nothing` or `then_error`"]
pub struct When<E, R>(Result<Vec<E>, R>);

impl<E, R> When<E, R> {
    pub(super) const fn new(outcome: Result<Vec<E>, R>) -> Self {
        Self(outcome)
    }
}

impl<E: TaggedEvent, R: fmt::Debug> When<E, R> {
    /// Checks that these events, and no others, have come of the decision.
    ///
    /// # Panics
    ///
    /// Otherwise.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = E>) {
        let expected: Vec<E> = expected.into_iter().collect();
        match self.0 {
            Ok(actual) => assert!(
                is_same(&actual, &expected),
                "other events have come of the decision\n  expected: {expected:?}\n  actual:   {actual:?}"
            ),
            Err(error) => panic!("the decision was refused with {error:?}, and was to end in {expected:?}"),
        }
    }

    /// Checks that the decision was not refused, and that nothing has come of it.
    ///
    /// # Panics
    ///
    /// Otherwise.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// Checks that the decision was refused with `expected`.
    ///
    /// # Panics
    ///
    /// Otherwise.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is expected is written where it is passed"
    )]
    pub fn then_error(self, expected: R)
    where
        R: PartialEq,
    {
        match self.0 {
            Ok(events) => panic!("the decision ended in {events:?}, and was to be refused with {expected:?}"),
            Err(actual) => assert!(
                actual == expected,
                "the decision was refused otherwise\n  expected: {expected:?}\n  actual:   {actual:?}"
            ),
        }
    }
}

/// Whether both would be stored in the same way; what cannot be stored is compared by what it prints.
fn is_same<E: TaggedEvent>(one: &[E], other: &[E]) -> bool {
    let states = |events: &[E]| events.iter().map(State::from_value).collect::<Result<Vec<_>, _>>();
    match (states(one), states(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => format!("{one:?}") == format!("{other:?}"),
    }
}
