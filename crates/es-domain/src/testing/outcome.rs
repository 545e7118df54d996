//! What commands return.

use std::convert::Infallible;

use crate::Aggregate;

/// What a command on an aggregate returns: nothing, or a result whose value is not looked at.
pub trait Outcome {
    /// Why it was refused.
    type Error: std::fmt::Debug;

    /// Whether it was.
    ///
    /// # Errors
    ///
    /// Why it was refused.
    fn into_result(self) -> Result<(), Self::Error>;
}

impl Outcome for () {
    type Error = Infallible;

    fn into_result(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<T, E: std::fmt::Debug> Outcome for Result<T, E> {
    type Error = E;

    fn into_result(self) -> Result<(), E> {
        self.map(drop)
    }
}

/// What a command that makes an aggregate returns: the aggregate, or a result with it.
pub trait Creation {
    /// What is made.
    type Aggregate: Aggregate;

    /// Why it was refused.
    type Error: std::fmt::Debug;

    /// The aggregate.
    ///
    /// # Errors
    ///
    /// Why it was refused.
    fn into_aggregate(self) -> Result<Self::Aggregate, Self::Error>;
}

impl<A: Aggregate> Creation for A {
    type Aggregate = A;
    type Error = Infallible;

    fn into_aggregate(self) -> Result<A, Infallible> {
        Ok(self)
    }
}

impl<A: Aggregate, E: std::fmt::Debug> Creation for Result<A, E> {
    type Aggregate = A;
    type Error = E;

    fn into_aggregate(self) -> Self {
        self
    }
}
