//! What an event method returns when its event is refused.

use std::marker::PhantomData;

use crate::{Outcome, TriggerError};

/// How a method that returns `R` tells that its event was refused.
#[derive(Debug)]
pub enum Answer<R> {
    /// The method returns the refusal as its error.
    Returned(fn(TriggerError) -> R),
    /// The method has no error for the refusal: the root keeps it.
    Kept,
}

/// Finds out how a method that returns `R` answers. The first trait below applies where the method's error can be made
/// of a [`TriggerError`], because its method needs one reference less.
#[derive(Debug)]
pub struct Answers<R>(PhantomData<R>);

impl<R> Answers<R> {
    /// Asks for the answers of `R`.
    #[expect(clippy::new_without_default, reason = "only the macros call it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A return type whose error can be made of a [`TriggerError`].
pub trait ReturnsRefusal<R> {
    /// Returns the way to answer.
    fn answer(&self) -> Answer<R>;
}

impl<T, E: From<TriggerError>> ReturnsRefusal<Result<T, E>> for Answers<Result<T, E>> {
    fn answer(&self) -> Answer<Result<T, E>> {
        Answer::Returned(|refusal| Err(refusal.into()))
    }
}

/// Any return type.
pub trait KeepsRefusal<R> {
    /// Returns the way to answer.
    fn answer(&self) -> Answer<R>;
}

impl<R: Outcome<Value = ()>> KeepsRefusal<R> for &Answers<R> {
    fn answer(&self) -> Answer<R> {
        Answer::Kept
    }
}
