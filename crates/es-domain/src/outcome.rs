//! What event methods and commands return.

use std::convert::Infallible;

use crate::{Aggregate, State};

/// A value, or a `Result` with one.
///
/// Event methods, commands and methods that make an aggregate return such a type: `()`, an aggregate, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither `()` nor a `Result`",
    label = "neither `()` nor a `Result`",
    note = "return nothing, or wrap the value in `Ok`"
)]
pub trait Outcome: Sized {
    /// The value in case of success.
    type Value;

    /// The error; [`Infallible`] where there is none.
    type Error;

    /// Returns the outcome as a `Result`.
    ///
    /// # Errors
    ///
    /// The error that the outcome holds.
    fn into_result(self) -> Result<Self::Value, Self::Error>;

    /// Makes an outcome of a `Result`: the inverse of [`into_result`](Self::into_result).
    fn from_result(result: Result<Self::Value, Self::Error>) -> Self;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }

    fn from_result(result: Self) -> Self {
        result
    }
}

impl Outcome for () {
    type Value = Self;
    type Error = Infallible;

    fn into_result(self) -> Result<Self, Infallible> {
        Ok(self)
    }

    fn from_result(_: Result<Self, Infallible>) -> Self {}
}

impl Outcome for State {
    type Value = Self;
    type Error = Infallible;

    fn into_result(self) -> Result<Self, Infallible> {
        Ok(self)
    }

    fn from_result(result: Result<Self, Infallible>) -> Self {
        always(result)
    }
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> Outcome for A {
    type Value = Self;
    type Error = Infallible;

    fn into_result(self) -> Result<Self, Infallible> {
        Ok(self)
    }

    fn from_result(result: Result<Self, Infallible>) -> Self {
        always(result)
    }
}

fn always<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
